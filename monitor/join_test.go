package monitor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor/trace"
)

// aServer is a trace with one peer's sessions.
type aServer struct {
	log  *trace.Log
	peer netip.AddrPort
	ids  []uint64
}

func (s *aServer) Trace() *trace.Log { return s.log }

func (s *aServer) SessionsOf(peer netip.AddrPort) []uint64 {
	if peer != s.peer {
		return nil
	}
	return s.ids
}

func note(l *trace.Log, at time.Duration, k trace.Kind, id uint64, n int) {
	l.Ring(0).SetTime(at)
	l.Ring(0).Record(k, trace.Nowhere, id, 1, n)
}

// evidenceOf is a fault of dummy 5's first connection, 10 s after the fleet began.
func evidenceOf() Evidence {
	return Evidence{Fault: ClosedByServer, Client: 5, Connection: 1, Local: "127.0.0.1:50312",
		At: 10 * time.Second}
}

func joinedWith(j *Joiner) Evidence {
	s := &Snapshot{Evidence: []Evidence{evidenceOf()}}
	j.Collect(s)
	return s.Evidence[0]
}

// What both ends noted of the connection is one line of time, what comes a little later
// included; what others did is not in it.
func TestBothTracesAreJoined(t *testing.T) {
	dummies := trace.New(1)
	srv := &aServer{trace.New(1), netip.MustParseAddrPort("127.0.0.1:50312"),
		[]uint64{trace.ID(17, 3)}}
	later := srv.log.Start().Sub(dummies.Start())
	at := 10 * time.Second
	note(dummies, at-4*time.Second, trace.Connected, trace.ID(5, 1), 0)
	note(dummies, at-time.Second, trace.SendPost, trace.ID(6, 1), 1)
	note(dummies, at, trace.Fault, trace.ID(5, 1), int(ClosedByServer))
	note(srv.log, at-3*time.Second-later, trace.Accept, trace.ID(17, 3), 9)
	note(srv.log, at-2*time.Second-later, trace.Cancel, trace.ID(17, 3), 8)
	note(srv.log, at-time.Second-later, trace.Cancel, trace.ID(17, 4), 8)
	j := NewJoiner()
	j.dummies, j.server = dummies, srv
	joint := j.begin(evidenceOf())
	j.read(joint)
	before := joinedWith(j).Steps
	note(srv.log, at+time.Millisecond-later, trace.Release, trace.ID(17, 3), 8)
	j.read(joint)
	if len(before) != 4 || has(before, "Release") {
		t.Errorf("at first %v", before)
	}
	e := joinedWith(j)
	var got []string
	for _, s := range e.Steps {
		got = append(got, strings.Join([]string{s.At.String(), s.By, s.Of, s.What}, " "))
	}
	want := []string{
		"6s dummy w0 d5.1 Connected io=1",
		"7s server w0 s17.3 Accept io=1 socket=9",
		"8s server w0 s17.3 Cancel io=1 reason=8",
		"10s dummy w0 d5.1 Fault closed_by_server",
		"10.001s server w0 s17.3 Release io=1 reason=8",
	}
	if !slices.Equal(got, want) || e.StepsNote != "" {
		t.Errorf("%q, note %q; want %q", got, e.StepsNote, want)
	}
}

func has(steps []Step, what string) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return strings.HasPrefix(s.What, what) })
}

// Of a long life only what lies around the fault is kept, and it is said that the rings, which
// keep the last records only, no longer had its beginning.
func TestWhatARingHasLostIsSaid(t *testing.T) {
	dummies, id := trace.New(1), trace.ID(5, 1)
	srv := &aServer{log: trace.New(1), peer: netip.MustParseAddrPort("127.0.0.1:1")}
	note(dummies, 0, trace.Connected, id, 0)
	for i := range 3 * trace.RingRecords {
		note(dummies, time.Duration(i)*time.Millisecond, trace.SendPost, id, i)
	}
	j := NewJoiner()
	j.Start(dummies, srv)
	j.Found(evidenceOf())
	j.Close()
	e := joinedWith(j)
	if len(e.Steps) != stepsAfter || e.Steps[0].At <= e.At {
		t.Errorf("%d steps from %v on: the ring begins after the fault", len(e.Steps), e.Steps[0].At)
	}
	for _, want := range []string{"the dummies' trace reaches back to", "16.4s",
		"the server's trace has nothing of this connection"} {
		if !strings.Contains(e.StepsNote, want) {
			t.Errorf("no %q in %q", want, e.StepsNote)
		}
	}
}

// Only the first of each kind are joined, whoever waits for a place is never blocked, and a
// snapshot that was shown does not change.
func TestOnlyTheFirstOfEachKindAreJoined(t *testing.T) {
	dummies := trace.New(1)
	j := NewJoiner()
	var all []Evidence
	for i := range 10 * JoinedEvidence { // before Start: nobody reads yet
		e := evidenceOf()
		e.Client = i
		note(dummies, e.At, trace.Fault, trace.ID(uint64(i), 1), int(e.Fault))
		all = append(all, e)
		j.Found(e)
	}
	j.Start(dummies, nil)
	j.Close()
	s := &Snapshot{Evidence: all}
	j.Collect(s)
	joined := 0
	for i, e := range s.Evidence {
		if len(e.Steps) > 0 {
			joined++
		}
		if all[i].Steps != nil {
			t.Error("what the fleet keeps was changed")
		}
	}
	if joined != JoinedEvidence {
		t.Errorf("%d joined, want %d", joined, JoinedEvidence)
	}
}

// An address that was another connection's before, or is one's after the fault, brings no stranger
// into the line of time, at either look.
func TestOthersOfTheSameAddressAreNotJoined(t *testing.T) {
	dummies := trace.New(1)
	srv := &aServer{trace.New(1), netip.MustParseAddrPort("127.0.0.1:50312"),
		[]uint64{trace.ID(1, 1), trace.ID(2, 1), trace.ID(3, 1)}}
	later := srv.log.Start().Sub(dummies.Start())
	at := 10 * time.Second
	note(dummies, at-4*time.Second, trace.Dial, trace.ID(5, 1), 0)
	note(dummies, at, trace.Fault, trace.ID(5, 1), int(ClosedByServer))
	note(srv.log, at-9*time.Second-later, trace.Accept, trace.ID(1, 1), 9)
	note(srv.log, at-8*time.Second-later, trace.Release, trace.ID(1, 1), 1)
	note(srv.log, at-3*time.Second-later, trace.Accept, trace.ID(2, 1), 9)
	note(srv.log, at-time.Millisecond-later, trace.Release, trace.ID(2, 1), 8)
	note(srv.log, at+time.Millisecond-later, trace.Accept, trace.ID(3, 1), 9)
	j := NewJoiner()
	j.dummies, j.server = dummies, srv
	joint := j.begin(evidenceOf())
	for range 2 {
		j.read(joint)
		for _, s := range joinedWith(j).Steps {
			if s.Of != "d5.1" && s.Of != "s2.1" {
				t.Errorf("a stranger's step: %v", s)
			}
		}
	}
	if n := len(joinedWith(j).Steps); n != 4 {
		t.Errorf("%d steps, want 4: %v", n, joinedWith(j).Steps)
	}
}
