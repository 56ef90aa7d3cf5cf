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
	// Wait waits until the fleet is in one of the phases, or Ended. If the context ends first, it
	// returns the context's error.
	Wait(ctx context.Context, phases ...monitor.Phase) error
	// CloseUntil closes every connection in order. After the end of the context it waits for no
	// answers.
	CloseUntil(ctx context.Context) error
}

// Script makes its steps one after the other while they are played. look waits for a view of the
// fleet in which all verbs so far have taken effect. It returns nil if the context ends first: the
// script then has no next step.
type Script func(look func() *monitor.View) iter.Seq[Step]

// List is a script whose steps are known.
func List(steps ...Step) Script {
	return func(func() *monitor.View) iter.Seq[Step] { return slices.Values(steps) }
}

// Then plays one script after the other.
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

// Echo is a START on all connections and a wait for length; 0 is until the context ends.
func Echo(length time.Duration) Script {
	return List(Connected{}, Start{length}, For{length})
}

// Player plays scripts on a fleet. Its methods are for one goroutine.
type Player struct {
	Fleet Fleet
	// View is the latest view, for a look and for Until; it may be a little old. If it is nil, each
	// look collects a new one from the fleet.
	View func() *monitor.View

	last monitor.Ticket
	echo bool // START was given
}

// lookAgain is the time between two looks for a view that confirms the last verb.
const lookAgain = 10 * time.Millisecond

// Play plays a script to its end. It ends earlier at the first verb that is refused, and at the end
// of the context; it returns the error. If Echo is on then, it stays on.
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

// view is the view of now, nil while it does not confirm the last verb.
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

// Run plays a script as a whole run: when the script or the context ends, STOP, the drain, the quiet
// period and close follow. What the end of the context does depends on when it comes:
//
//	before the first START  the fleet closes and waits for no answers to its FINs; the error is
//	                        dummy.ErrInterrupted
//	while the script plays  it means STOP, and the run goes on to its orderly end
//	in the quiet period     it ends the quiet period
//	later                   it ends the wait for answers to FINs
//
// The fleet is closed in every case. Its last view has the result of the run.
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
		err = errors.Join(err, p.stopAndDrain(ctx, quiet))
	}
	if err == nil && ctx.Err() != nil {
		ctx = context.Background() // its end meant STOP, or the end of the quiet period
	}
	return errors.Join(err, f.CloseUntil(ctx))
}

// Finish is the end of a run whose START somebody else gave: STOP if echo is on, the drain, the
// quiet period, close.
func Finish(f Fleet, quiet time.Duration) error {
	p, ctx := &Player{Fleet: f}, context.Background()
	var err error
	if at := p.view().Phase; at == monitor.Echoing || at == monitor.Draining {
		err = p.stopAndDrain(ctx, quiet)
	}
	return errors.Join(err, f.CloseUntil(ctx))
}

// stopAndDrain is STOP, the drain and the quiet period. Nothing makes the drain shorter: it has its own
// timeout. The end of the context ends the quiet period if it comes in it; if it came before, it
// meant STOP.
func (p *Player) stopAndDrain(ctx context.Context, quiet time.Duration) error {
	if err := p.Play(context.WithoutCancel(ctx), List(Stop{}, Drained{})); err != nil {
		return err
	}
	if ctx.Err() == nil && quiet > 0 {
		_ = pause(ctx, quiet) // why it ended does not matter
	} else if quiet > 0 {
		_ = pause(context.WithoutCancel(ctx), quiet)
	}
	return nil
}

// pause waits for a duration; 0 is for ever. If the context ends first, it returns its error.
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
