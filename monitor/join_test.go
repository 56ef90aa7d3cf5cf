package monitor

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/monitor/trace"
)

// aServer is a trace with the sessions of some peers.
type aServer struct {
	log *trace.Log
	ids map[trace.PeerKey][]uint64
	err error
}

func (s *aServer) Around(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	if s.err != nil {
		return trace.Excerpt{}, s.err
	}
	return s.log.Around(s.ids[peer], dialed, at), nil
}

// serverOf has the sessions of the dummy's address.
func serverOf(ids ...uint64) *aServer {
	peer := trace.KeyOf(netip.MustParseAddrPort("127.0.0.1:50312"))
	return &aServer{log: trace.New(1), ids: map[trace.PeerKey][]uint64{peer: ids}}
}

// theDummies are a trace, and where some of them are.
type theDummies struct {
	log   *trace.Log
	local map[uint64]trace.PeerKey // by id
}

func (d theDummies) Trace() *trace.Log { return d.log }

func (d theDummies) LocalOf(client int, connection uint32) trace.PeerKey {
	return d.local[trace.ID(uint64(client), uint64(connection))]
}

func note(l *trace.Log, at time.Duration, k trace.Kind, id uint64, n int) {
	l.Ring(0).SetTime(at)
	l.Ring(0).Record(k, trace.Nowhere, id, 1, n)
}

// evidenceOf is a fault of dummy 5's first connection, 10 s after the fleet began.
func evidenceOf() Evidence {
	return Evidence{Fault: ClosedByServer, Client: 5, Connection: 1, Local: "127.0.0.1:50312",
		At: Millis(10 * time.Second)}
}

func joinedWith(j *Joiner) Evidence {
	s := &Tally{Evidence: []Evidence{evidenceOf()}}
	j.Collect(nil, s)
	return s.Evidence[0]
}

// A server that accepts long after the fault is asked until it has.
func TestAServerIsAskedUntilItHasAccepted(t *testing.T) {
	dummies, srv := trace.New(1), serverOf(trace.ID(17, 3))
	at := time.Millisecond // a clock may still be at 0, which stands for unknown
	note(dummies, at, trace.Dial, trace.ID(5, 1), 0)
	note(dummies, at, trace.Fault, trace.ID(5, 1), int(ClosedByServer))
	e := evidenceOf()
	e.At = Millis(at)
	j := NewJoiner()
	j.Start(theDummies{log: dummies}, srv)
	defer j.Close()
	j.Found(e)
	joined := func() Evidence {
		s := &Tally{Evidence: []Evidence{e}}
		j.Collect(nil, s)
		return s.Evidence[0]
	}
	time.Sleep(2 * secondLook) // past the second look
	note(srv.log, time.Since(srv.log.Start()), trace.Accept, trace.ID(17, 3), 9)
	for over := time.Now().Add(10 * time.Second); !has(joined().Timeline, "Accept"); {
		if time.Now().After(over) {
			t.Fatalf("%v, %s", joined().Timeline, joined().TimelineNote)
		}
		time.Sleep(time.Millisecond)
	}
	if said := joined().TimelineNote; said != "" {
		t.Errorf("with all of it: %q", said)
	}
}

// What both ends noted of the connection is one timeline, with what comes a little later. What others
// did is not in it.
func TestBothTracesAreJoined(t *testing.T) {
	dummies := trace.New(1)
	srv := serverOf(trace.ID(17, 3))
	later := srv.log.Start().Sub(dummies.Start())
	at := 10 * time.Second
	note(dummies, at-4*time.Second, trace.Connected, trace.ID(5, 1), 0)
	note(dummies, at-time.Second, trace.SendPost, trace.ID(6, 1), 1)
	note(dummies, at, trace.Fault, trace.ID(5, 1), int(ClosedByServer))
	note(srv.log, at-3*time.Second-later, trace.Accept, trace.ID(17, 3), 9)
	note(srv.log, at-2*time.Second-later, trace.Cancel, trace.ID(17, 3), 8)
	note(srv.log, at-time.Second-later, trace.Cancel, trace.ID(17, 4), 8)
	j := NewJoiner()
	j.dummies, j.server = theDummies{log: dummies}, srv
	it := j.begin(evidenceOf())
	j.read([]*timeline{it})
	before := joinedWith(j).Timeline
	note(srv.log, at+time.Millisecond-later, trace.Release, trace.ID(17, 3), 8)
	j.read([]*timeline{it})
	if len(before) != 4 || has(before, "Release") {
		t.Errorf("at first %v", before)
	}
	e := joinedWith(j)
	var got []string
	for _, s := range e.Timeline {
		got = append(got, strings.Join([]string{s.At.String(), s.By, s.Of, s.What}, " "))
	}
	want := []string{
		"6s dummy w0 d5.1 Connected io=1",
		"7s server w0 s17.3 Accept io=1 socket=9",
		"8s server w0 s17.3 Cancel io=1 reason=8",
		"10s dummy w0 d5.1 Fault closed_by_server",
		"10.001s server w0 s17.3 Release io=1 reason=8",
	}
	if !slices.Equal(got, want) || e.TimelineNote != "" {
		t.Errorf("%q, note %q; want %q", got, e.TimelineNote, want)
	}
}

func has(footprints []Footprint, what string) bool {
	return slices.ContainsFunc(footprints, func(s Footprint) bool { return strings.HasPrefix(s.What, what) })
}

// Of a long life only what lies around the fault is kept. The note says that the rings, which keep only
// the last records, no longer had its beginning.
func TestWhatARingHasLostIsSaid(t *testing.T) {
	dummies, id := trace.New(1), trace.ID(5, 1)
	srv := serverOf()
	note(dummies, 0, trace.Connected, id, 0)
	for i := range 3 * trace.RingRecords {
		note(dummies, time.Duration(i)*time.Millisecond, trace.SendPost, id, i)
	}
	j := NewJoiner()
	j.Start(theDummies{log: dummies}, srv)
	j.Found(evidenceOf())
	j.Close()
	e := joinedWith(j)
	if len(e.Timeline) != trace.After || e.Timeline[0].At <= e.At {
		t.Errorf("%d footprints from %v on: the ring begins after the fault", len(e.Timeline), e.Timeline[0].At)
	}
	for _, want := range []string{"the dummies' trace reaches back to", "16.4s",
		"the server's trace has lost nothing, and has nothing of this connection"} {
		if !strings.Contains(e.TimelineNote, want) {
			t.Errorf("no %q in %q", want, e.TimelineNote)
		}
	}
}

// Only the first of each fault are joined. Found never blocks. A view that was shown does not change.
func TestOnlyTheFirstOfEachKindAreJoined(t *testing.T) {
	dummies := trace.New(1)
	j := NewJoiner()
	var all []Evidence
	for i := range 10 * JoinedEvidence { // before Start: nobody reads yet
		e := evidenceOf()
		e.Client = i
		note(dummies, time.Duration(e.At), trace.Fault, trace.ID(uint64(i), 1), int(e.Fault))
		all = append(all, e)
		j.Found(e)
	}
	j.Start(theDummies{log: dummies}, nil)
	j.Close()
	s := &Tally{Evidence: all}
	j.Collect(nil, s)
	joined := 0
	for i, e := range s.Evidence {
		if len(e.Timeline) > 0 {
			joined++
		}
		if all[i].Timeline != nil {
			t.Error("what the fleet keeps was changed")
		}
	}
	if joined != JoinedEvidence {
		t.Errorf("%d joined, want %d", joined, JoinedEvidence)
	}
}

// An address that was another connection's before, or is one's after the fault, brings no stranger
// into the timeline, at either look.
func TestOthersOfTheSameAddressAreNotJoined(t *testing.T) {
	dummies := trace.New(1)
	srv := serverOf(trace.ID(1, 1), trace.ID(2, 1), trace.ID(3, 1))
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
	j.dummies, j.server = theDummies{log: dummies}, srv
	it := j.begin(evidenceOf())
	for range 2 {
		j.read([]*timeline{it})
		for _, s := range joinedWith(j).Timeline {
			if s.Of != "d5.1" && s.Of != "s2.1" {
				t.Errorf("a stranger's step: %v", s)
			}
		}
	}
	if n := len(joinedWith(j).Timeline); n != 4 {
		t.Errorf("%d footprints, want 4: %v", n, joinedWith(j).Timeline)
	}
}

// The note says what is missing and why. It no longer does once the server has answered.
func TestAMissingHalfIsSaid(t *testing.T) {
	silent := serverOf(trace.ID(17, 3))
	silent.err = errors.New("it sleeps")
	nowhere := evidenceOf()
	nowhere.Local = ""
	for _, c := range []struct {
		of     Evidence
		server Witness
		want   string
	}{
		{evidenceOf(), nil, noWitness},
		{evidenceOf(), silent, "the server's side of this connection is missing: it sleeps"},
		{nowhere, serverOf(), "the server's side of this connection is missing: " +
			errNoAddress.Error()},
	} {
		dummies := trace.New(1)
		note(dummies, 10*time.Second, trace.Fault, trace.ID(5, 1), int(ClosedByServer))
		j := NewJoiner()
		j.dummies, j.server = theDummies{log: dummies}, c.server
		it := j.begin(c.of)
		j.read([]*timeline{it})
		if it.note != c.want || len(it.footprints) != 1 {
			t.Errorf("%q with %v, want %q", it.note, it.footprints, c.want)
		}
	}
	note(silent.log, 9*time.Second, trace.Accept, trace.ID(17, 3), 9)
	j := NewJoiner()
	j.dummies, j.server = theDummies{log: trace.New(1)}, silent
	it := j.begin(evidenceOf())
	j.read([]*timeline{it})
	silent.err = nil
	j.read([]*timeline{it})
	if !has(it.footprints, "Accept") || strings.Contains(it.note, "missing") {
		t.Errorf("after it woke up: %q with %v", it.note, it.footprints)
	}
}

// When a wrong echo belongs to another connection, the timeline has that connection too.
func TestTheOwnersConnectionIsJoined(t *testing.T) {
	dummies, owner := trace.New(1), trace.ID(6, 2)
	at := 10 * time.Second
	theirs := trace.KeyOf(netip.MustParseAddrPort("127.0.0.2:50313"))
	srv := serverOf(trace.ID(17, 3))
	srv.ids[theirs] = []uint64{trace.ID(18, 1)}
	later := srv.log.Start().Sub(dummies.Start())
	note(dummies, at-4*time.Second, trace.Dial, owner, 0)
	note(dummies, at-2*time.Second, trace.SendPost, owner, 1)
	note(dummies, at, trace.Fault, trace.ID(5, 1), int(Crossed))
	note(srv.log, at-3*time.Second-later, trace.RecvDone, trace.ID(17, 3), 9)
	note(srv.log, at-3*time.Second-later, trace.RecvDone, trace.ID(18, 1), 9)
	e := evidenceOf()
	e.Fault, e.OwnerClient, e.OwnerConnection, e.OwnerSeq = Crossed, 6, 2, 1
	for local, want := range map[trace.PeerKey]string{
		theirs: "d5.1 d6.2 s17.3 s18.1", 0: "d5.1 d6.2 s17.3",
	} {
		j := NewJoiner()
		j.dummies = theDummies{dummies, map[uint64]trace.PeerKey{owner: local}}
		j.server = srv
		it := j.begin(e)
		j.read([]*timeline{it})
		var of []string
		for _, s := range it.footprints {
			of = append(of, s.Of)
		}
		slices.Sort(of)
		if got := strings.Join(slices.Compact(of), " "); got != want {
			t.Errorf("owner at %x: footprints of %s, want %s", local, got, want)
		}
		if unknown := strings.Contains(it.note, "of the owner's connection is missing"); unknown !=
			(local == 0) {
			t.Errorf("owner at %x: %q", local, it.note)
		}
	}
}

// However much one end has done, there is room for what the other did.
func TestABusyHalfLeavesRoom(t *testing.T) {
	dummies, srv := trace.New(1), serverOf(trace.ID(17, 3))
	later := srv.log.Start().Sub(dummies.Start())
	at := time.Duration(evidenceOf().At)
	note(srv.log, at-2*time.Second-later, trace.RecvDone, trace.ID(17, 3), 9)
	for i := range 10 * trace.Before {
		note(dummies, at-time.Second+time.Duration(i), trace.SendPost, trace.ID(5, 1), i)
	}
	j := NewJoiner()
	j.dummies, j.server = theDummies{log: dummies}, srv
	it := j.begin(evidenceOf())
	j.read([]*timeline{it})
	if !has(it.footprints, "RecvDone") || len(it.footprints) != trace.Before+1 {
		t.Errorf("%d footprints, the server's among them: %v", len(it.footprints), has(it.footprints, "RecvDone"))
	}
}

// What was overwritten between the two looks is a hole in the timeline, and the note says so.
func TestAHoleBetweenTheLooksIsSaid(t *testing.T) {
	dummies, id := trace.New(1), trace.ID(5, 1)
	for _, overwritten := range []bool{false, true} {
		at := time.Since(dummies.Start())
		note(dummies, at, trace.Dial, id, 0)
		note(dummies, at, trace.Fault, id, int(ClosedByServer))
		e := evidenceOf()
		e.At = Millis(at)
		j := NewJoiner()
		j.dummies = theDummies{log: dummies}
		it := j.begin(e)
		j.read([]*timeline{it})
		after := at + time.Hour
		note(dummies, after, trace.FIN, id, 0)
		if overwritten {
			for range trace.RingRecords {
				note(dummies, after, trace.SendPost, trace.ID(6, 1), 0)
			}
			note(dummies, after, trace.Ended, id, 0)
		}
		j.read([]*timeline{it})
		if said := strings.Contains(it.note, "may be missing: overwritten"); said != overwritten {
			t.Errorf("overwritten %v: %q of %v", overwritten, it.note, it.footprints)
		}
	}
}
