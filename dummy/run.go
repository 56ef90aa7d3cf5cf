package dummy

import (
	"context"
	"errors"
	"time"

	"dummyload/monitor"
)

// Plan is the headless sequence's part that is not the fleet's.
type Plan struct {
	Duration time.Duration // how long Echo is on before STOP; 0 = until the context ends

	// MaxRate, above 0, has the highest rate looked for at which the p99 of round trips is less
	// and none is late. Duration, above 0 too, is then that of each step.
	MaxRate time.Duration
	Allow   []monitor.Fault // those that do not end the search
}

// ErrInterrupted is Run's when the context ended before Echo was on.
var ErrInterrupted = errors.New("interrupted before any echo")

// Run is a whole run without a screen: wait until all dummies are connected, START, wait, STOP,
// drain, keep quiet, close. The context's end means STOP while echo is on, and the run goes on to
// its orderly end. Before, the fleet is closed and no answer to a FIN waited for. Later it ends the
// quiet period if it comes in that, and while the fleet closes, the wait for those answers. The
// fleet is closed in every case; what the run came to is in its last snapshot.
func Run(ctx context.Context, f *Fleet, p Plan) error {
	err := f.echo(ctx, p)
	if err == nil && ctx.Err() != nil {
		ctx = context.Background() // it has meant STOP
	}
	return errors.Join(err, f.closeUntil(ctx))
}

func (f *Fleet) echo(ctx context.Context, p Plan) error {
	if f.Wait(ctx, monitor.Idle) != nil || ctx.Err() != nil {
		return ErrInterrupted
	}
	if p.MaxRate > 0 {
		return errors.Join(f.findMaxRate(ctx, p), f.settle(ctx))
	}
	if _, err := f.Start(p.Duration); err != nil {
		return err
	}
	pause(ctx, p.Duration)
	return f.settle(ctx)
}

// Finish is the end of a run whose START somebody else gave: STOP if echo is on, the drain, the
// quiet period, close.
func Finish(f *Fleet) error {
	var err error
	if p := f.Phase(); p == monitor.Echoing || p == monitor.Draining {
		err = f.settle(context.Background())
	}
	return errors.Join(err, f.Close())
}

// settle is STOP, the drain and the quiet period. Nothing cuts the drain short: it has its own end,
// and a second signal is the caller's. The first one ends the quiet period if it comes in it.
func (f *Fleet) settle(ctx context.Context) error {
	if err := f.drained(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		ctx = context.Background() // it has meant STOP
	}
	if f.cfg.Quiet > 0 {
		pause(ctx, f.cfg.Quiet)
	}
	return nil
}

// drained is STOP and the drain.
func (f *Fleet) drained() error {
	if _, err := f.Stop(); err != nil && !errors.Is(err, ErrNotEchoing) {
		return err // ErrNotEchoing: somebody else has given STOP
	}
	return f.Wait(context.Background(), monitor.Drained, monitor.Undrained)
}

// pause waits for a duration, 0 being for ever, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	var over <-chan time.Time
	if d > 0 {
		over = time.After(d)
	}
	select {
	case <-ctx.Done():
	case <-over:
	}
}
