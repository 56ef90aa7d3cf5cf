package script

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// Fleet is what a script is played on.
type Fleet interface {
	dummy.Control
	monitor.Source
	// Wait waits until the fleet is in one of the phases, or Ended, or until the context ends,
	// whose error it returns.
	Wait(ctx context.Context, phases ...monitor.Phase) error
	// CloseUntil closes every connection in order. Once the context has ended it waits for no answer
	// any more.
	CloseUntil(ctx context.Context) error
}

// Script makes its steps one after the other while they are played. look is a view of the fleet in
// which all verbs so far have taken effect; it is nil when the context has ended before there was
// one: the script then has no next step.
type Script func(look func() *monitor.View) iter.Seq[Step]

// List is a script whose steps are known.
func List(steps ...Step) Script {
	return func(func() *monitor.View) iter.Seq[Step] { return slices.Values(steps) }
}

// Then is one script after the other.
func Then(scripts ...Script) Script {
	return func(look func() *monitor.View) iter.Seq[Step] {
		return func(yield func(Step) bool) {
			for _, s := range scripts {
				for step := range s(look) {
					if !yield(step) {
						return
					}
				}
			}
		}
	}
}

// Repeat is a script n times.
func Repeat(n int, s Script) Script { return Then(slices.Repeat([]Script{s}, n)...) }

// Echo is Echo for a time on all connections; 0 is until the context ends.
func Echo(length time.Duration) Script {
	return List(Connected{}, Start{length}, For{length})
}

// Player plays scripts on a fleet. Its methods are for one goroutine.
type Player struct {
	Fleet Fleet
	// View is what looks and Until see: it may be a little old. nil collects what the fleet knows.
	View func() *monitor.View

	last monitor.Ticket
	echo bool // START was given
}

// lookAgain is between two looks for a view that confirms the last verb.
const lookAgain = 10 * time.Millisecond

// Play plays a script to its end, to the first verb that is refused, or until the context ends,
// whose error it returns. What is on stays on.
func (p *Player) Play(ctx context.Context, s Script) error {
	look := func() *monitor.View {
		for {
			if v := p.view(); v != nil {
				return v
			}
			if pause(ctx, lookAgain) != nil {
				return nil
			}
		}
	}
	for step := range s(look) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step.play(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// view is what can be seen now, nil while it does not confirm the last verb.
func (p *Player) view() *monitor.View {
	var v *monitor.View
	if p.View != nil {
		v = p.View()
	} else {
		v = monitor.Collect(p.Fleet)
	}
	if v == nil || !v.Confirms(p.last) {
		return nil
	}
	return v
}

// gave remembers the ticket of a verb.
func (p *Player) gave(t monitor.Ticket, err error) error {
	if err == nil {
		p.last = t
	}
	return err
}

// Run plays a script as a whole run. Then, or when the context ends while it is played: STOP, the
// drain, a quiet period, close. The context's end means STOP, and the run goes on to its orderly
// end. It means more where it comes before the first START: no answer to a FIN is waited for, and
// the error is dummy.ErrInterrupted; in the quiet period, which it ends; and later, when it ends the
// wait for those answers. The fleet is closed in every case; what the run came to is in its last
// view.
func Run(ctx context.Context, f Fleet, quiet time.Duration, s Script) error {
	p := &Player{Fleet: f}
	err := p.Play(ctx, s)
	if interrupted := ctx.Err(); interrupted != nil && errors.Is(err, interrupted) {
		err = nil
		if !p.echo {
			err = dummy.ErrInterrupted
		}
	}
	if p.echo {
		err = errors.Join(err, p.settle(ctx, quiet))
	}
	if err == nil && ctx.Err() != nil {
		ctx = context.Background() // it has meant STOP
	}
	return errors.Join(err, f.CloseUntil(ctx))
}

// Finish is the end of a run whose START somebody else gave: STOP if echo is on, the drain, the
// quiet period, close.
func Finish(f Fleet, quiet time.Duration) error {
	p, ctx := &Player{Fleet: f}, context.Background()
	var err error
	if at := p.view().Phase; at == monitor.Echoing || at == monitor.Draining {
		err = p.settle(ctx, quiet)
	}
	return errors.Join(err, f.CloseUntil(ctx))
}

// settle is STOP, the drain and the quiet period. Nothing cuts the drain short: it has its own end,
// and a second signal is the caller's. The first one ends the quiet period if it comes in it.
func (p *Player) settle(ctx context.Context, quiet time.Duration) error {
	if err := p.Play(context.WithoutCancel(ctx), List(Stop{}, Drained{})); err != nil {
		return err
	}
	if ctx.Err() == nil && quiet > 0 {
		_ = pause(ctx, quiet) // its end is all that is waited for
	} else if quiet > 0 {
		_ = pause(context.WithoutCancel(ctx), quiet) // the signal has meant STOP
	}
	return nil
}

// pause waits for a duration, 0 being for ever, or until the context ends, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	var over <-chan time.Time
	if d > 0 {
		over = time.After(d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-over:
		return nil
	}
}
