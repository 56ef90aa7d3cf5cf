package dummy

import (
	"net"
	"testing"
	"time"

	"dummyload/monitor"
)

// give has a verb of Control's taken.
func give(t testing.TB) func(monitor.Ticket, error) {
	return func(_ monitor.Ticket, err error) {
		t.Helper()
		must(t, err)
	}
}

// verbsOf are all that Control has.
func verbsOf(f *Fleet) []func() (monitor.Ticket, error) {
	return []func() (monitor.Ticket, error){
		func() (monitor.Ticket, error) { return f.Start(0) }, f.Stop,
		func() (monitor.Ticket, error) { return f.Tune(Tuning{}) },
		func() (monitor.Ticket, error) { return f.Disconnect(0, CloseFIN) }, f.Reset,
		func() (monitor.Ticket, error) { return f.Mark("m") },
	}
}

// TestTicketsAreConfirmed: they go up, and the next snapshot has the verb in its numbers.
func TestTicketsAreConfirmed(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	last := snap(f).Ticket
	for i, verb := range verbsOf(f) {
		if i == 1 {
			until(t, f, "echoes", echoedAtLeast(10))
		}
		ticket, err := verb()
		must(t, err)
		s := snap(f)
		if ticket <= last || !s.Confirms(ticket) || s.Confirms(ticket+1) {
			t.Errorf("verb %d: ticket %d after %d, the snapshot has %d", i, ticket, last, s.Ticket)
		}
		last = ticket
		reach(t, f, monitor.Echoing, monitor.Drained)
	}
	if s := snap(f); s.Mark != "m" || s.EchoOn != 0 || s.Ledger.Sent != 0 {
		t.Errorf("mark %q: %v, %+v", s.Mark, s.EchoOn, s.Ledger)
	}
}

// TestStartThatWaitsIsConfirmedOnceItIsInForce: and what comes after it no sooner.
func TestStartThatWaitsIsConfirmedOnceItIsInForce(t *testing.T) {
	block := make(chan struct{})
	s := startServer(t, func(c *net.TCPConn) {
		<-block
		_, _ = c.Write(loginPacket)
		echoAll(c)
	})
	cfg := testConfig(s)
	cfg.Frame, cfg.Rate = loggedIn("len16"), 100
	f := startFleet(t, cfg)
	const length = 200 * time.Millisecond
	start, err := f.Start(length)
	must(t, err)
	tune, err := f.Tune(Tuning{OverSend: 20})
	must(t, err)
	if s := snap(f); s.Confirms(start) || s.OverSend != 20 {
		t.Errorf("START, ticket %d, is confirmed while the dummies connect: %d", start, s.Ticket)
	}
	close(block)
	reach(t, f, monitor.Echoing)
	if s := snap(f); !s.Confirms(tune) {
		t.Errorf("ticket %d is not confirmed: %d", tune, s.Ticket)
	}
	until(t, f, "all of its echoes", echoedAtLeast(uint64(cfg.Rate*length.Seconds())))
	time.Sleep(length / 4)
	if sent := snap(f).Ledger.Sent; sent != uint64(cfg.Rate*length.Seconds()) {
		t.Errorf("%d echoes of a START whose end was known", sent)
	}
}

// TestMarkCountsEchoesAnew: while they run, too; connections go on.
func TestMarkCountsEchoesAnew(t *testing.T) {
	f := startFleet(t, testConfig(startServer(t, echoAll)))
	reach(t, f, monitor.Idle)
	give(t)(f.Start(0))
	time.Sleep(50 * time.Millisecond)
	before := until(t, f, "echoes", echoedAtLeast(100))
	since := snap(f).At
	give(t)(f.Mark("half-time"))
	s := snap(f)
	if s.EchoOn > s.At.Sub(since) || s.EchoOn < 0 || !s.Since.Equal(before.Since) ||
		!s.Ledger.Balanced() || s.Ledger.Sent >= before.Ledger.Sent || s.Connections.Connected != 8 {
		t.Errorf("%v on, %+v; before %v, %+v", s.EchoOn, s.Ledger, before.EchoOn, before.Ledger)
	}
	give(t)(f.Stop())
	reach(t, f, monitor.Drained)
	if s := snap(f); s.EchoOn < 0 || s.EchoOn > s.At.Sub(since) || !s.Ledger.Balanced() {
		t.Errorf("%v on, %+v", s.EchoOn, s.Ledger)
	}
}
