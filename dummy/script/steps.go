package script

import (
	"context"
	"errors"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// Step is one verb that is given, or one thing that is waited for. A wait ends when the context
// does, with its error; the drain alone is always waited for.
type Step interface {
	play(context.Context, *Player) error
}

// Connected waits until every dummy is connected or has failed.
type Connected struct{}

// On waits until Echo is on, whoever gives START.
type On struct{}

// Drained waits until no echo is sent or waited for: for the end of the drain, however it ends.
type Drained struct{}

// Start is Echo START, where STOP comes after Length; 0 is unknown.
type Start struct{ Length time.Duration }

// Stop is Echo STOP; it is no error when somebody else has given it.
type Stop struct{}

// For waits for a time; 0 is until the context ends.
type For struct{ Time time.Duration }

// Until waits until something is seen, and at most for Within. It looks every Every.
type Until struct {
	Seen   func(*monitor.View) bool
	Within time.Duration
	Every  time.Duration
}

// Tune changes the load.
type Tune struct{ To dummy.Tuning }

// Disconnect closes N connections, 0 being all; they reconnect.
type Disconnect struct {
	N   int
	How dummy.CloseKind
}

// Reset sets all counters back to zero.
type Reset struct{}

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

func (s Disconnect) play(_ context.Context, p *Player) error {
	return p.gave(p.Fleet.Disconnect(s.N, s.How))
}

func (Reset) play(_ context.Context, p *Player) error { return p.gave(p.Fleet.Reset()) }

func (s Mark) play(_ context.Context, p *Player) error { return p.gave(p.Fleet.Mark(s.Name)) }

func (s Fail) play(context.Context, *Player) error { return s.Err }
