package show

import (
	"context"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

// TestAShowGoesOnWhenAllDrain: a STOP that was for nothing is not the end of a show. Half of this
// exhibit's dummies are late, once for each START.
func TestAShowGoesOnWhenAllDrain(t *testing.T) {
	t.Parallel()
	e := exhibit(t, "starve")
	e.Load.StopAt, e.Load.Duration = monitor.Late.String(), longest
	srv, err := e.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	config := configOf(e.Load, 1)
	config.Target = srv.Addr()
	fleet, err := dummy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	sampler := monitor.NewSampler(showLook, []monitor.Source{fleet, srv})
	ctx, enough := context.WithTimeout(t.Context(), longest)
	defer enough()
	go sampler.Run(ctx)
	ended := make(chan error, 1)
	s := Show{Expected: []string{monitor.WorkersLost}}
	go func() { ended <- s.echo(ctx, fleet, sampler, &e, monitor.Rules{}) }()
	for sampler.Sample().Faults[monitor.Late] <= uint64(e.Load.Clients/2) {
		select {
		case err := <-ended:
			t.Fatalf("it ended after the first STOP: %v", err)
		case <-time.After(showLook):
		}
	}
	enough()
	<-ended
}
