package server

import (
	"slices"
	"strings"
	"testing"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

func TestR1IOCountIsRaisedBeforeThePost(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.calls = nil
	counts := map[string]int{}
	p.onCall = func(call string) { counts[call[:4]] = s.io.load().count() }
	p.turn(w, received(s, "abc"))
	// The receive completion's own reference, the send's, the next receive's.
	if counts["Send"] != 2 || counts["Recv"] != 3 {
		t.Errorf("IOCount inside the posts: %v", counts)
	}
	if got := s.io.load().count(); got != 2 {
		t.Errorf("IOCount %d with a receive and a send pending", got)
	}
	p.expect("Send 5 abc", "Recv 5")
}

func TestR2R10TheDecrementComesAfterTheRePost(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc"))
	p.turn(w, sent(s, 3))
	want := []string{
		"Accept io=1", "RecvPost io=2", "IODown io=1 accept",
		"RecvDone io=1", "SendPost io=2", "RecvPost io=3", "IODown io=2 receive",
		"SendDone io=2", "FlagClear io=2", "IODown io=1 send",
	}
	if got := footprints(p.srv, s); !slices.Equal(got, want) {
		t.Errorf("footprints\n  %q\nwant\n  %q", got, want)
	}
}

func TestR3R6R11TheLastCompletionReleasesAndOnlyThenCloses(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc"))
	p.calls = nil
	p.turn(w, received(s, "")) // transferred 0 while a send is pending
	p.expect("Cancel 5")
	if w.count.released.Load() != 0 {
		t.Fatal("released while a send was pending")
	}
	p.turn(w, sent(s, 0))
	p.expect("Close 5")
	if w.count.released.Load() != 1 || w.count.reasons[PeerClosed].Load() != 1 {
		t.Error("not released by the last completion")
	}
	if got := footprints(p.srv, s); got[len(got)-1] != "Release io=0 send" {
		t.Errorf("the trace ends with %q", got[len(got)-1])
	}
}

func TestR3OfTwoCompletionsInEitherOrderOneReleases(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc"))
	p.turn(w, sent(s, 0), received(s, ""))
	if w.count.released.Load() != 1 {
		t.Errorf("released %d times", w.count.released.Load())
	}
}

func TestR4OneSendAtATimeAndR5TheRestAfterIt(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.calls = nil
	p.turn(w, received(s, "one "), received(s, "two "), received(s, "three"))
	p.expect("Send 5 one ", "Recv 5", "Recv 5", "Recv 5")
	p.turn(w, sent(s, 4))
	p.expect("Send 5 two three")
	p.turn(w, sent(s, 9))
	p.expect()
	if s.flag.isSet() || s.sendq.Any() {
		t.Error("SendFlag or SendQ left over")
	}
}

func TestR5AShortSendGoesOnWhereItEnded(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abcdef"))
	p.calls = nil
	p.turn(w, sent(s, 2))
	p.expect("Send 5 cdef")
}

func TestR7OneOrderToStopEndsOneWorkerAfterItsBatch(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.calls = nil
	p.batches = [][]iocp.Entry{{{}, received(s, "abc"), {}}}
	w.run()
	p.expect("Send 5 abc", "Recv 5") // what was dequeued with the order is not lost
	if p.posted != 1 {
		t.Errorf("%d orders passed on, want the other worker's", p.posted)
	}
}

func TestR8AnErrorNamesTheReasonAndDecidesNothing(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.calls = nil
	e := received(s, "abc")
	e.Err = errScripted
	p.turn(w, e)
	p.expect("Send 5 abc", "Recv 5")
	p.turn(w, sent(s, 3), iocp.Entry{Overlapped: &s.recv, Err: errScripted})
	if w.count.reasons[IOFailed].Load() != 1 {
		t.Error("the reason is not named")
	}
}

func TestR9ASendPacketFromElsewherePostsAtOnce(t *testing.T) {
	p, w := script(t, Config{Frame: len16})
	s := p.accepted(w, 5)
	p.calls = nil
	p.onCall = func(string) { // the receive's reference, SendPacket's own (R12), the send's
		if got := s.io.load().count(); got != 3 {
			t.Errorf("IOCount %d inside the post", got)
		}
	}
	if err := p.srv.SendPacket(s.id.load(), []byte("push")); err != nil {
		t.Fatal(err)
	}
	p.onCall = nil
	p.expect("Send 5 \x04\x00push")
	p.turn(w, sent(s, 6))
	if s.io.load().count() != 1 {
		t.Errorf("IOCount %d", s.io.load().count())
	}
}

// All that a handler answers to one receive leaves in one send; what it sends to another
// session leaves at once.
func TestR9RepliesShareOneSend(t *testing.T) {
	var other SessionID
	h := &handlerFuncs{received: func(s Sender, id SessionID, packet []byte) {
		for _, to := range []SessionID{id, other} {
			if err := s.SendPacket(to, packet); err != nil {
				t.Error(err)
			}
		}
	}}
	p, w := script(t, Config{Frame: line, Handler: h})
	s := p.accepted(w, 5)
	other = p.accepted(w, 6).id.load()
	p.calls = nil
	p.turn(w, received(s, "one\ntwo\nthr"))
	p.expect("Send 6 one\n", "Send 5 one\ntwo\n", "Recv 5")
	if w.count.recvPackets.Load() != 2 || w.count.sendPackets.Load() != 4 {
		t.Errorf("%d packets received, %d sent", w.count.recvPackets.Load(),
			w.count.sendPackets.Load())
	}
}

func TestR9APacketOfIllegalLengthIsRefused(t *testing.T) {
	var errs []error
	h := &handlerFuncs{received: func(s Sender, id SessionID, _ []byte) {
		errs = append(errs, s.SendPacket(id, nil), s.SendPacket(id, make([]byte, 1<<16)))
	}}
	p, w := script(t, Config{Frame: len16, Handler: h})
	s := p.accepted(w, 5)
	p.calls = nil
	p.turn(w, received(s, "\x01\x00x"))
	p.expect("Recv 5")
	errs = append(errs, p.srv.SendPacket(s.id.load(), nil))
	if !slices.Equal(errs, []error{ErrPacketSize, ErrPacketSize, ErrPacketSize}) {
		t.Errorf("%v", errs)
	}
}

func TestR12AStaleIDReachesNobody(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	stale := s.id.load()
	p.turn(w, received(s, ""))
	if err := p.srv.SendPacket(stale, []byte("x")); err != ErrGone {
		t.Errorf("to a free slot: %v", err)
	}
	if err := p.srv.Disconnect(stale, ByHandler); err != ErrGone {
		t.Errorf("Disconnect of a free slot: %v", err)
	}
	if again := p.accepted(w, 6); again != s {
		t.Fatal("the slot was not used again")
	}
	p.calls = nil
	if err := p.srv.SendPacket(stale, []byte("x")); err != ErrGone {
		t.Errorf("to the slot's next session: %v", err)
	}
	if err := p.srv.Disconnect(stale, ByHandler); err != ErrGone {
		t.Errorf("Disconnect: %v", err)
	}
	for _, id := range []SessionID{0, 1, stale + 1, ^SessionID(0)} {
		if err := p.srv.SendPacket(id, []byte("x")); err != ErrGone {
			t.Errorf("to %v: %v", id, err)
		}
	}
	p.expect()
	if got := s.io.load(); got.count() != 1 || got.released() {
		t.Errorf("IOCount %d after all that", got.count())
	}
}

// While SendPacket holds the session, the last completion finds the count at 1, not 0; then
// SendPacket's own decrement is the one that releases.
func TestR12SendPacketMayBeTheOneThatReleases(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc")) // a send is pending: SendPacket will only enqueue
	id := s.id.load()
	held := p.srv.others.hold(id, trace.SendPacket, trace.Packet, 1)
	p.turn(w, sent(s, 0), received(s, ""))
	if w.count.released.Load() != 0 {
		t.Fatal("released under SendPacket's hands")
	}
	p.srv.others.ioDown(held, trace.Packet)
	if p.srv.others.count.released.Load() != 1 {
		t.Error("not released by the last reference")
	}
}

func TestR12NobodyClimbsBackFromRelease(t *testing.T) {
	var c ioCount
	c.reset()
	c.open()
	if st := c.down(); st != 0 || !c.tryRelease() {
		t.Fatalf("%x", st)
	}
	if st := c.up(); !st.released() {
		t.Error("a reference on a released session")
	}
	if st := c.open(); st.count() != 2 || st.released() {
		t.Errorf("reopened under a stale reference: %x", st)
	}
	c.down()
	if c.tryRelease() {
		t.Error("released while the accept's reference was there")
	}
}

func TestR13AcceptHoldsTheSessionUntilTheFirstReceiveIsOut(t *testing.T) {
	greeter := &handlerFuncs{}
	p, w := script(t, Config{Handler: greeter})
	greeter.accepted = func(s Sender, id SessionID) {
		p.fail["Send 5 hello"] = errScripted
		if err := s.SendPacket(id, []byte("hello")); err != nil {
			t.Error(err)
		}
		if w.count.released.Load() != 0 {
			t.Error("released inside Accepted")
		}
	}
	p.accepted(w, 5)
	p.expect("Send 5 hello", "Cancel 5", "Close 5", "Accept")
	if w.count.released.Load() != 1 || w.count.reasons[PostFailed].Load() != 1 {
		t.Error("not released by the accept's own reference")
	}
}

func TestR14AFailedPostDisconnects(t *testing.T) {
	for _, failing := range []string{"Send 5 abc", "Recv 5"} {
		p, w := script(t, Config{})
		s := p.accepted(w, 5)
		p.calls = nil
		p.fail[failing] = errScripted
		p.turn(w, received(s, "abc"))
		want := []string{"Send 5 abc", "Cancel 5", "Close 5"}
		if failing == "Recv 5" { // the send is out: its completion releases
			want = []string{"Send 5 abc", "Recv 5", "Cancel 5"}
		}
		p.expect(want...)
		if failing == "Recv 5" {
			p.turn(w, sent(s, 3))
			p.expect("Close 5")
		}
		if w.count.reasons[PostFailed].Load() != 1 || w.count.released.Load() != 1 {
			t.Errorf("%s: not ended as post_failed", failing)
		}
	}
}

func TestR14NothingIsPostedAfterTheEnd(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, received(s, "abc"))
	p.calls = nil
	if err := p.srv.Disconnect(s.id.load(), ByHandler); err != nil {
		t.Fatal(err)
	}
	if err := p.srv.SendPacket(s.id.load(), []byte("x")); err != ErrGone {
		t.Errorf("SendPacket after the end: %v", err)
	}
	p.turn(w, sent(s, 3), received(s, "late data"))
	p.expect("Cancel 5", "Close 5")
}

func TestR15AFullSendQDisconnectsByName(t *testing.T) {
	p, w := script(t, Config{SendQLimit: 1000})
	s := p.accepted(w, 5)
	p.turn(w, received(s, strings.Repeat("x", 600)))
	p.calls = nil
	p.turn(w, received(s, strings.Repeat("y", 600)))
	p.expect("Cancel 5")
	p.turn(w, sent(s, 0))
	if w.count.reasons[SendQFull].Load() != 1 || w.count.released.Load() != 1 {
		t.Error("not ended as sendq_full")
	}
	if s.sendq.Size() != 0 {
		t.Errorf("%d bytes left in SendQ", s.sendq.Size())
	}
}

// SendQ's limit is one of memory: what it holds counts, however much the reply had room for.
func TestR15AShortAnswerToALongChunkTakesLittleMemory(t *testing.T) {
	const first = "first"
	answer := func(s Sender, id SessionID, packet []byte) {
		if string(packet) == first {
			_ = s.SendPacket(id, packet)
		}
	}
	p, w := script(t, Config{Frame: line, Handler: &handlerFuncs{received: answer}})
	s := p.accepted(w, 5)
	chunk := first + "\n" + strings.Repeat("more\n", iocp.DefaultRecvSize/5)
	const chunks = 1000
	before := int64(heap())
	for range chunks {
		p.turn(w, received(s, chunk))
	}
	held := int64(heap()) - before
	if size := s.sendq.Size(); s.ended() || size < chunks*len(first) {
		t.Fatalf("%d bytes queued; ended: %v", size, s.ended())
	}
	if held > 1<<20 {
		t.Errorf("%d bytes of SendQ hold %d bytes of memory", s.sendq.Size(), held)
	}
}

func TestABrokenInvariantIsNamed(t *testing.T) {
	breaks := map[string]func(*scripted, *worker, *session){
		"below zero": func(p *scripted, w *worker, s *session) { w.ioDown(s, 0) },
		"a completion for a released session": func(p *scripted, w *worker, s *session) {
			p.turn(w, received(s, "ghost"))
		},
		"released twice": func(p *scripted, w *worker, s *session) { w.release(s, 0) },
	}
	for name, provoke := range breaks {
		p, w := script(t, Config{})
		s := p.accepted(w, 5)
		p.turn(w, received(s, ""))
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, name) {
					t.Errorf("%s: the panic says %q", name, said)
				}
			}()
			provoke(p, w, s)
		}()
	}
}

// handlerFuncs is a Handler made of functions; nil ones do nothing.
type handlerFuncs struct {
	accepted func(Sender, SessionID)
	received func(Sender, SessionID, []byte)
	left     func(Sender, SessionID, Reason)
}

func (h *handlerFuncs) Accepted(s Sender, id SessionID) {
	if h.accepted != nil {
		h.accepted(s, id)
	}
}

func (h *handlerFuncs) Received(s Sender, id SessionID, packet []byte) {
	if h.received != nil {
		h.received(s, id, packet)
	}
}

func (h *handlerFuncs) Left(s Sender, id SessionID, why Reason) {
	if h.left != nil {
		h.left(s, id, why)
	}
}
