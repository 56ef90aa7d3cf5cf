package dummy

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// Target is a server under test, by its name and by the addresses that the name has.
type Target struct {
	Name  string // HOST:PORT, as it was given
	Addrs []netip.AddrPort
	// Waiting is told once, and why, when nobody has accepted and it is tried again; may be nil.
	Waiting func(why error)
}

// ErrInterrupted is the error of a run whose context ends before Echo was on.
var ErrInterrupted = errors.New("interrupted before any echo")

// knockAgain is the pause between two rounds over the addresses of a server that is still coming up.
const knockAgain = 100 * time.Millisecond

// Reach makes a fleet whose target is the first address that accepts a connection, tried in order.
// That connection is the first dummy's, so that a server which counts what it accepts counts
// dummies and nothing else. The other dummies follow once it is made. While no address accepts, all
// are tried again until wait is over. The error is one line with the name and, if there are several,
// each address; it is ErrInterrupted where the context has ended.
func Reach(ctx context.Context, cfg Config, to Target, wait time.Duration) (*Fleet, error) {
	over := time.Now().Add(wait)
	for {
		var failed unreached
		for _, addr := range to.Addrs {
			cfg.Target = addr
			f, err := knock(ctx, cfg)
			if err == nil {
				return f, nil
			}
			if ctx.Err() != nil {
				return nil, ErrInterrupted
			}
			failed = append(failed, attempt{addr, err})
			cfg.Skipped = nil // told once
		}
		if left := time.Until(over); left > 0 && failed.mayChange() {
			if to.Waiting != nil {
				to.Waiting(failed.explain(to, wait))
				to.Waiting = nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(min(left, knockAgain)):
			}
			continue
		}
		err := failed.explain(to, wait)
		if wait > 0 {
			err = fmt.Errorf("%w; --wait %v is over", err, wait)
		}
		return nil, err
	}
}

// knock makes a fleet if its first dummy can connect.
func knock(ctx context.Context, cfg Config) (*Fleet, error) {
	if err := Preflight(cfg, false); err != nil {
		return nil, unfit{err}
	}
	f, err := prepare(cfg)
	if err != nil {
		return nil, unfit{err}
	}
	answer := make(chan error, 1)
	w := f.workers[0]
	w.order(func(w *worker) { w.knock(answer) })
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_ = f.Close() // the error that counts is the one at hand
		return nil, err
	}
	f.admit()
	return f, nil
}

// knock dials the first dummy, once, while there is no other; answer is told what came of it.
func (w *worker) knock(answer chan<- error) {
	w.knocking = answer
	w.want(1)
}

// knocked answers a knock and reports whether there was one. After a failure there is no dummy to
// be dialed again: it is nobody's fault yet, and a server that accepts later must not count it.
func (w *worker) knocked(err error) bool {
	if w.knocking == nil {
		return false
	}
	w.knocking <- err
	w.knocking = nil
	if err != nil {
		w.wanted = 0
	}
	return true
}

// unfit is why a fleet was not even made. Waiting does not change that.
type unfit struct{ error }

// attempt is an address and why it was not reached.
type attempt struct {
	addr netip.AddrPort
	err  error
}

type unreached []attempt

// mayChange reports whether another try may end otherwise.
func (u unreached) mayChange() bool {
	for _, a := range u {
		if _, never := a.err.(unfit); !never {
			return true
		}
	}
	return false
}

// refused reports whether at every address there was somebody to say that nobody listens.
func (u unreached) refused() bool {
	for _, a := range u {
		if iocp.Classify(a.err) != iocp.ClassRefused {
			return false
		}
	}
	return true
}

// explain is the one line of Reach's error.
func (u unreached) explain(to Target, wait time.Duration) error {
	if len(u) == 1 && !u.mayChange() {
		return u[0].err
	}
	var why []string
	for _, a := range u {
		line := monitor.Clean(a.err.Error())
		if a.addr.String() != to.Name {
			line = fmt.Sprintf("%v: %s", a.addr, line)
		}
		why = append(why, line)
	}
	hint := ""
	if wait == 0 && u.refused() {
		hint = "; nothing listens there: --wait 10s waits for a server that is still starting"
	}
	return fmt.Errorf("target %s cannot be reached: %s%s", to.Name, strings.Join(why, ", "), hint)
}
