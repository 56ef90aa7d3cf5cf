package server

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

func TestStopCancelsLiveSessions(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		for range 50 {
			exchange(t, srv.dial(), []byte("here"))
		}
		idle := srv.dial()
		within(t, "accepted", func() bool { return srv.live() == 51 })
		audit := srv.stop(0)
		if audit.Accepted != 51 || audit.Reasons["server_stop"] != 51 {
			t.Errorf("%v", audit)
		}
		if n := ended(t, idle); n != 0 {
			t.Errorf("%d bytes from nowhere", n)
		}
	})
}

func TestStopGivesSessionsTheirGrace(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		conn := srv.dial()
		exchange(t, conn, []byte("before"))
		leave := make(chan error)
		go func() {
			for !srv.stopping.Load() {
				time.Sleep(time.Millisecond)
			}
			exchange(t, conn, []byte("after the order to stop"))
			leave <- conn.Close()
		}()
		audit := srv.stop(patience)
		if err := <-leave; err != nil {
			t.Error(err)
		}
		if audit.Reasons["peer_closed"] != 1 {
			t.Errorf("%v", audit)
		}
	})
}

// While the sessions have their grace nothing listens: a new client is refused at once.
func TestStopClosesTheListenerFirst(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		conn := srv.dial()
		exchange(t, conn, []byte("before"))
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			srv.stop(2 * patience) // longer than any wait below
		}()
		within(t, "a connect refused", func() bool {
			c, err := net.DialTimeout("tcp", srv.Addr().String(), time.Second)
			if err == nil {
				c.Close()
			}
			return iocp.Classify(err) == iocp.ClassRefused
		})
		exchange(t, conn, []byte("after the order to stop"))
		conn.Close()
		<-stopped
	})
}

func TestStopNamesWhatWasNotReleased(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc"))
	audit := p.srv.audit()
	if audit.OK() || len(audit.Unreleased) != 1 {
		t.Fatalf("%v", audit)
	}
	u := audit.Unreleased[0]
	if u.ID != "s0.1" || u.IOCount != 2 || !u.SendFlag || u.SendQ == 0 || len(u.Footprints) == 0 {
		t.Errorf("%+v", u)
	}
	for _, want := range []string{"NOT every", "not released: s0.1 IOCount 2", "SendPost io=2"} {
		if !strings.Contains(audit.String(), want) {
			t.Errorf("the text lacks %q:\n%v", want, audit)
		}
	}
}

// hang is a Handler that never returns from the first packet.
type hang struct {
	Echo
	once   sync.Once
	inside chan struct{}
	over   chan struct{}
}

func (h *hang) Received(s Sender, id SessionID, packet []byte) {
	h.once.Do(func() {
		close(h.inside)
		<-h.over
	})
	h.Echo.Received(s, id, packet)
}

func TestStopNamesAWorkerThatDoesNotEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes all the time that workers have to end")
	}
	t.Parallel() // it waits while the simulation works
	h := &hang{inside: make(chan struct{}), over: make(chan struct{})}
	srv, err := Start(Config{Listen: loopback, Workers: 2, Handler: h})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", srv.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("never answered")); err != nil {
		t.Fatal(err)
	}
	<-h.inside
	audit := srv.Stop(0)
	if audit.OK() || audit.WorkersStuck != 1 || len(audit.Stuck) != 1 || audit.Live != 1 {
		t.Fatalf("%v", audit)
	}
	stuck := audit.Stuck[0]
	if !slices.Contains([]string{"w0", "w1"}, stuck.Worker) || len(stuck.Footprints) == 0 ||
		!strings.Contains(stuck.Footprints[len(stuck.Footprints)-1], " RecvDone ") {
		t.Errorf("%+v", stuck)
	}
	for _, want := range []string{"NOT every", "stuck 1", "did not end: worker " + stuck.Worker} {
		if !strings.Contains(audit.String(), want) {
			t.Errorf("the text lacks %q:\n%v", want, audit)
		}
	}
	close(h.over)
	if w := <-srv.threads; !w.stopped { // its order to stop has been waiting for it
		t.Error("the worker ended without an order")
	}
}

func TestTheAuditsJSONNames(t *testing.T) {
	p, w := script(t, Config{})
	p.turn(w, received(p.accepted(w, 5), ""))
	out, err := json.Marshal(p.srv.audit())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"backend":"scripted","workers":1,"accepted":1,"released":1,"live":0,` +
		`"released_twice":0,"trace":"","refused":0,"accept_failures":0,` +
		`"reasons":{"peer_closed":1},"accepts_pending":0,"unreleased":[],"workers_stuck":0,"stuck":[],` +
		`"failures":[],"io_count":0,"sendq_bytes":0,"memory_held":0,"recv_packets":0,"send_packets":0,` +
		`"audited":true}`
	if string(out) != want {
		t.Errorf("\n%s, want\n%s", out, want)
	}
}

func TestStartRefusesWhatItCannotDo(t *testing.T) {
	taken := start(t, Config{Listen: loopback})
	cases := map[string]Config{
		"no listen address": {},
		"accepted: 1 to":    {Listen: loopback, Workers: -1},
		"sessions":          {Listen: loopback, MaxSessions: DefaultMaxSessions + 1},
		"SendQ":             {Listen: loopback, SendQLimit: -1},
		`"nosuch"`:          {Listen: loopback, Backend: "nosuch"},
		"listen on":         {Listen: taken.Addr()},
	}
	for want, cfg := range cases {
		srv, err := Start(cfg)
		if err == nil {
			t.Errorf("%s: started", want)
			srv.Stop(0)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// broken is a port whose Get fails.
type broken struct{ scriptedWorker }

func (broken) Get([]iocp.Entry, time.Duration) (int, error) { return 0, errScripted }

func TestABrokenPortEndsTheWorkerAndIsNamed(t *testing.T) {
	p, w := script(t, Config{})
	w.attach(broken{scriptedWorker{p}})
	w.run()
	if w.failure != errScripted {
		t.Errorf("failure %v", w.failure)
	}
	a := monitor.Server{Audited: true, Failures: []string{"why"}}
	if a.OK() || !strings.Contains(a.String(), "port: why") {
		t.Errorf("%v", &a)
	}
}
