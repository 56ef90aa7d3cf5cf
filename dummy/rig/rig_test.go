package rig

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/frame"
)

// longest is how long anything may take, on a machine that stands still for a while.
const longest = 90 * time.Second

// mirror is a server that gives back what comes, and counts little.
type mirror struct {
	net.Listener
	stopped bool
	silent  error // why its trace cannot be read
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	return &mirror{Listener: l}
}

func (m *mirror) Addr() netip.AddrPort { return m.Listener.Addr().(*net.TCPAddr).AddrPort() }

func (m *mirror) Stop() {
	m.stopped = true
	m.Listener.Close()
}

func (m *mirror) Collect(_ *monitor.Run, t *monitor.Tally) {
	t.Server = &monitor.Server{Audited: m.stopped}
}

func (m *mirror) Records() (trace.Excerpt, error) {
	return trace.Excerpt{Writers: []string{"w0"}}, m.silent
}

func (m *mirror) Around(trace.PeerKey, time.Time, time.Time) (trace.Excerpt, error) {
	return trace.Excerpt{}, nil
}

// beside is a source that comes after the server.
type beside struct{ saw bool }

func (b *beside) Collect(_ *monitor.Run, t *monitor.Tally) { b.saw = t.Server != nil }

// sight is a sink.
type sight chan *monitor.View

func (s sight) Observe(v *monitor.View) {
	select {
	case s <- v:
	default:
	}
}

func config() dummy.Config {
	return dummy.Config{Clients: 3, Frame: frame.Builtin("raw"), Workers: 1, Backend: "net"}
}

// TestARunOnARig: the parts see each other, from the first echo to the server's last word.
func TestARunOnARig(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	m, also, seen := newMirror(t), new(beside), make(sight, 1)
	r, err := Open(ctx, Parts{Config: config(), Server: m, Every: time.Millisecond,
		Beside: []monitor.Source{also}, Sinks: []monitor.Sink{seen}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Config.Target != m.Addr() || r.Config.Foreign {
		t.Errorf("aimed at %v, foreign %v", r.Config.Target, r.Config.Foreign)
	}
	end := r.Begin()
	if err := r.Fleet.Wait(ctx, monitor.Idle); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Fleet.Start(0); err != nil {
		t.Fatal(err)
	}
	for v := range seen { // it looks by itself
		if v.Ledger.Echoed > 0 {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("no echo was seen")
		}
	}
	_, err = r.Fleet.Stop()
	err = errors.Join(err, r.Fleet.Wait(ctx, monitor.Drained, monitor.Undrained))
	if err := errors.Join(err, r.Fleet.Close()); err != nil {
		t.Error(err)
	}
	end()
	if m.stopped {
		t.Error("the server was stopped before its time")
	}
	r.Stop()
	last := r.Sampler.Sample()
	if !also.saw || last.Server == nil || !last.Server.Audited || last.Connections.Now != 0 {
		t.Errorf("asked after the server %v, %+v, %d connections", also.saw, last.Server,
			last.Connections.Now)
	}
}

// TestProcesses: the traces of both ends, or of the dummies and why the other is missing.
func TestProcesses(t *testing.T) {
	m := newMirror(t)
	r, err := Open(t.Context(), Parts{Config: config(), Server: m, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	defer r.Fleet.Close()
	both, err := r.Processes()
	if err != nil || len(both) != 2 || both[0].Name != "dummies" || both[1].Name != "server" ||
		len(both[1].Excerpt.Writers) != 1 {
		t.Errorf("%+v, %v", both, err)
	}
	m.silent = errors.New("busy")
	one, err := r.Processes()
	if len(one) != 1 || !errors.Is(err, m.silent) || !strings.Contains(err.Error(), "server's side") {
		t.Errorf("%d, %v", len(one), err)
	}
}

// TestATargetOfSomebodyElse: there is no server to ask or to stop.
func TestATargetOfSomebodyElse(t *testing.T) {
	m := newMirror(t)
	target := dummy.Target{Name: "there", Addrs: []netip.AddrPort{m.Addr()}}
	r, err := Open(t.Context(), Parts{Config: config(), Target: target, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if r.Config.Target != m.Addr() || !r.Config.Foreign {
		t.Errorf("aimed at %v, foreign %v", r.Config.Target, r.Config.Foreign)
	}
	both, err := r.Processes()
	if err != nil || len(both) != 1 {
		t.Errorf("%d, %v", len(both), err)
	}
	err = r.Fleet.Close()
	r.Stop()
	if v := r.Sampler.Sample(); err != nil || m.stopped || v.Server != nil {
		t.Errorf("%v, stopped %v, %+v", err, m.stopped, v.Server)
	}
}

// TestATargetThatIsNotThere: the error is one line. An interrupted wait has its own error.
func TestATargetThatIsNotThere(t *testing.T) {
	m := newMirror(t)
	parts := Parts{Config: config(), Every: time.Hour,
		Target: dummy.Target{Name: "there", Addrs: []netip.AddrPort{m.Addr()}}}
	m.Listener.Close()
	if r, err := Open(t.Context(), parts); r != nil || err == nil || !strings.Contains(err.Error(), "there") {
		t.Errorf("%v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	parts.Wait = longest
	parts.Target.Waiting = func(error) { cancel() }
	if r, err := Open(ctx, parts); r != nil || !errors.Is(err, dummy.ErrInterrupted) {
		t.Errorf("%v, %v", r, err)
	}
}

// TestResetIsLookedAt: a view is taken at once, before the sampler's next.
func TestResetIsLookedAt(t *testing.T) {
	seen := make(sight, 1)
	r, err := Open(t.Context(), Parts{Config: config(), Server: newMirror(t), Every: time.Hour,
		Sinks: []monitor.Sink{seen}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	defer r.Fleet.Close()
	if _, err := r.Control().Reset(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-seen:
	case <-time.After(longest):
		t.Error("nobody looked")
	}
}
