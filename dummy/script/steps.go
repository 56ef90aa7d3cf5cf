package script

import (
	"context"
	"errors"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// Step gives one verb, or waits for one thing. When the context ends, a wait ends with the context's
// error; only Drained waits on.
type Step interface {
	play(context.Context, *Player) error
}

// Connected waits until every dummy is connected or has failed.
type Connected struct{}

// On waits until Echo is on, whoever gives START.
type On struct{}

// Drained waits for the end of the drain, with or without success. It does not wait if Echo was not
// on.
type Drained struct{}

// Start is Echo START. STOP will come after Length; 0 is unknown.
type Start struct{ Length time.Duration }

// Stop is Echo STOP. It is no error if somebody else has given it already.
type Stop struct{}

// For waits for a time; 0 is until the context ends.
type For struct{ Time time.Duration }

// Until waits until Seen reports true of a view, and at most for Within. It looks every Every.
type Until struct {
	Seen   func(*monitor.View) bool
	Within time.Duration
	Every  time.Duration
}

// Tune changes the load.
type Tune struct{ To dummy.Tuning }

// Mark begins a part of the run.
type Mark struct{ Name string }

// Fail ends the script with an error: what was waited for has not come.
type Fail struct{ Err error }

func (Connected) play(ctx context.Context, p *Player) error { return p.Fleet.Wait(ctx, monitor.Idle) }

func (On) play(ctx context.Context, p *Player) error { return p.Fleet.Wait(ctx, monitor.Echoing) }

func (Drained) play(ctx context.Context, p *Player) error {
	return p.Fleet.Wait(context.WithoutCancel(ctx), monitor.Drained, monitor.Undrained,
		monitor.Idle, monitor.Connecting)
}

func (s Start) play(_ context.Context, p *Player) error {
	err := p.gave(p.Fleet.Start(s.Length))
	p.echo = p.echo || err == nil
	return err
}

func (Stop) play(_ context.Context, p *Player) error {
	if err := p.gave(p.Fleet.Stop()); !errors.Is(err, dummy.ErrNotEchoing) {
		return err
	}
	return nil
}

func (s For) play(ctx context.Context, _ *Player) error { return pause(ctx, s.Time) }

func (s Until) play(ctx context.Context, p *Player) error {
	over := time.Now().Add(s.Within)
	for {
		if v := p.view(); v != nil && s.Seen(v) {
			return nil
		}
		left := time.Until(over)
		if left <= 0 {
			return nil
		}
		if err := pause(ctx, min(s.Every, left)); err != nil {
			return err
		}
	}
}

func (s Tune) play(_ context.Context, p *Player) error { return p.gave(p.Fleet.Tune(s.To)) }

func (s Mark) play(_ context.Context, p *Player) error { return p.gave(p.Fleet.Mark(s.Name)) }

func (s Fail) play(context.Context, *Player) error { return s.Err }
