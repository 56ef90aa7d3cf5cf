package seeded

// Bug is one seeded bug: a variant of the core with one rule broken.
type Bug struct {
	Number int // the N of MNN, and sim.Variant where it is on
	What   string
	// Dies lists what the simulation of the server alone may be broken by: any, nothing else.
	Dies  []string
	Edits []Edit
}

// The variants that are not bugs, and one that needs to know what closesocket does.
const (
	ClosesAtOnce = 20
	// ClosesLocked is the other right way: closesocket at once, with the session's lock held
	// over it and over every post.
	ClosesLocked = 24
)

// lifetime is what a bug in holding and releasing sessions is broken by: assertions of the
// server, of the port, and of what the server leaves in its trace.
var lifetime = []string{
	"a completion for a released session",
	"IOCount below zero",
	"released twice, or without having ended",
	"by somebody who holds no reference",
	"released by a failed post",
	"closesocket of handle", "closesocket with I/O in flight",
	"left twice", "never accepted",
	"sendq: bytes left uncounted at close", "sendq: more consumed",
	"another session's socket",
}

// stream is what a bug in sending is broken by: at the client, or in SendQ.
var stream = []string{
	"wrong bytes", "Wait Echo Count", "a push was lost", "two handlers", "two sends in flight",
	"sendq: bytes left uncounted at close", "sendq: more consumed",
}

// Bugs are all the seeded bugs, M01 to M23, and the other right way.
var Bugs = []Bug{
	{1, "IOCount++ after WSARecv", lifetime, []Edit{
		{"post.go", `	io := s.io.up()
	a.note(trace.RecvPost,`, `	if sim.Variant == 1 {
		err := via.Recv(s.sock, &s.recv)
		a.note(trace.RecvPost, trace.Nowhere, s, s.io.up(), 0)
		if err != nil {
			a.postFailed(s, trace.Receive)
		}
		return
	}
	io := s.io.up()
	a.note(trace.RecvPost,`}}},
	{2, "IOCount++ after WSASend", lifetime, []Edit{
		{"post.go", `		io := s.io.up() // R1`, `		if sim.Variant == 2 {
			err := a.post.Send(s.sock, data, &s.send)
			a.note(trace.SendPost, trace.Nowhere, s, s.io.up(), len(data))
			if err != nil {
				a.postFailed(s, trace.Send)
			}
			return
		}
		io := s.io.up() // R1`}}},
	{3, "no SendQ re-check on send completion", stream,
		[]Edit{{"worker.go", `	w.sendPost(s)
}

// stop obeys`, `	if sim.Variant != 3 {
		w.sendPost(s)
	}
}

// stop obeys`}}},
	{4, "SendFlag cleared after the check", stream,
		[]Edit{{"worker.go", `	s.flag.clear()
	w.note(trace.FlagClear,`, `	if sim.Variant == 4 && !s.sendq.Any() {
		s.flag.clear()
		return
	}
	s.flag.clear()
	w.note(trace.FlagClear,`}}},
	{5, "release on a second read of 0", lifetime, []Edit{
		{"post.go", `	if io == 0 && s.io.tryRelease() {`, `	if sim.Variant == 5 {
		sim.Point("before the second read")
		if s.io.load() == 0 {
			sim.Point("after the second read")
			s.io.reset()
			a.release(s, where)
		}
		return
	}
	if io == 0 && s.io.tryRelease() {`}}},
	{6, "release on transferred 0", lifetime, []Edit{
		{"worker.go", ` // frees nothing (R11)
`, ` // frees nothing (R11)
				if sim.Variant == 6 {
					s.io.reset()
					w.release(s, where)
					continue
				}
`}}},
	{7, "no decrement when a post fails", []string{"not released"}, []Edit{
		{"post.go", `	a.ioDown(s, trace.FailedPost)`, `	if sim.Variant != 7 {
		a.ioDown(s, trace.FailedPost)
	}`}}},
	{8, "what was asked is consumed, not what was transferred",
		stream, []Edit{
			{"sendq/queue.go", `	b.sent += n
`, `	if sim.Variant == 8 {
		n = len(b.unsent())
	}
	b.sent += n
`}}},
	{9, "SendFlag tested, then set", stream,
		[]Edit{{"sendflag.go", `	if !f.word.CompareAndSwap(0, 1) {`, `	if sim.Variant == 9 {
		if f.isSet() {
			return false
		}
		sim.Point("between test and set")
		f.word.Store(1)
		return true
	}
	if !f.word.CompareAndSwap(0, 1) {`}}},
	{10, "SendPacket without its own hold", append(lifetime, stream...), []Edit{
		{"sendpacket.go", `	io := s.io.up()
`, `	if sim.Variant == 10 {
		if s.io.load().released() || s.id.load() != id {
			return nil
		}
		return s
	}
	io := s.io.up()
`},
		{"sendpacket.go", `	a.ioDown(s, trace.Packet)
	return err`, `	if sim.Variant != 10 {
		a.ioDown(s, trace.Packet)
	}
	return err`},
		{"sendpacket.go", `	a.ioDown(s, trace.Disconnecting)
	return nil`, `	if sim.Variant != 10 {
		a.ioDown(s, trace.Disconnecting)
	}
	return nil`}}},
	{11, "no RELEASE bit: 0 to 1 is possible", lifetime, []Edit{
		{"iocount.go", `	if !c.word.CompareAndSwap(0, releaseBit) {`, `	if sim.Variant == 11 {
		return true
	}
	if !c.word.CompareAndSwap(0, releaseBit) {`},
		{"iocount.go", `reset() { c.word.Store(releaseBit) }`, `reset() {
	if sim.Variant != 11 {
		c.word.Store(releaseBit)
	}
}`},
		{"iocount.go", `return ioState(c.word.Add(releaseBit + 1)) }`,
			`return ioState(c.word.Add(opening())) }

func opening() uint32 {
	switch sim.Variant {
	case 11:
		return 1
	case 19:
		return releaseBit
	}
	return releaseBit + 1
}`}}},
	{12, "the worker exits on transferred 0", []string{"worker ended"}, []Edit{
		{"worker.go", `			case e.Transferred == 0:`,
			`			case e.Transferred == 0 && sim.Variant != 21:
				w.stopped = sim.Variant == 12 || w.stopped
`}}},
	{13, "decrement before the re-post", lifetime, []Edit{
		{"worker.go", `			s, where := w.dequeued(e)
`, `			s, where := w.dequeued(e)
			if sim.Variant == 13 {
				w.ioDown(s, where)
			}
`},
		{"worker.go", `			w.ioDown(s, where) // at the bottom`,
			`			if sim.Variant != 13 && (sim.Variant != 17 || e.Transferred != 0) {
				w.ioDown(s, where)
			} //`}}},
	{14, "no check of the session's id", []string{"wrong bytes", "ended without cause"}, []Edit{
		{"sendpacket.go", `	if io.released() || s.id.load() != id {
		a.ioDown`, `	if io.released() || s.id.load() != id && sim.Variant != 14 {
		a.ioDown`}}},
	{15, "SendQ without a lock", append(stream, "livelock"), []Edit{
		{"sendq/queue.go", `		if q.pushed.CompareAndSwap(b.next, b) {`,
			`		if sim.Variant == 15 {
			q.pushed.Store(b)
			return true
		}
		if q.pushed.CompareAndSwap(b.next, b) {`}}},
	{16, "RecvPost before the data is queued", stream, []Edit{
		{"worker.go", `	w.received(s, data)
	w.flush(s)
`, `	if sim.Variant == 16 {
		w.recvPost(s, w.port)
		w.received(s, data)
		w.flush(s)
		return
	}
	w.received(s, data)
	w.flush(s)
`}}},
	{17, "no decrement on transferred 0", []string{"not released", "release audit"},
		nil}, // with 13
	{18, "a post that failed does not disconnect",
		[]string{"not released", "without having ended"}, []Edit{
			{"post.go", `	a.cancel(s, PostFailed)`, `	if sim.Variant != 18 {
		a.cancel(s, PostFailed)
	}`}}},
	{19, "accept without a reference", lifetime, []Edit{ // and with 11
		{"accept.go", `	w.ioDown(s, trace.Accepting)`, `	if sim.Variant != 19 {
		w.ioDown(s, trace.Accepting)
	}`}}},
	{20, "closesocket on transferred 0", []string{"another session's"}, []Edit{
		{"post.go", `	a.srv.port.Cancel(s.sock)`, `	if sim.Variant == 20 {
		a.srv.port.Close(s.sock)
		return
	}
	a.srv.port.Cancel(s.sock)`},
		{"post.go", `	a.srv.port.Close(s.sock)
	s.sock =`, `	if sim.Variant != 20 && sim.Variant != 24 {
		a.srv.port.Close(s.sock)
	}
	s.sock =`}}},
	{21, "transferred 0 is ignored", []string{"livelock"}, nil}, // with 12
	{22, "one order to stop for N workers", []string{"did not obey"}, []Edit{
		{"run.go", `			break // the port is broken, and its workers end because of that
		}
`, `			break // the port is broken, and its workers end because of that
		}
		if sim.Variant == 22 {
			break
		}
`}}},
	{23, "SendFlag cleared before SendQ is consumed", stream, []Edit{
		{"worker.go", `	s.sendq.Consume(transferred, w.blocks)
`, `	if sim.Variant == 23 {
		s.flag.clear()
		s.sendq.Consume(transferred, w.blocks)
		w.sendPost(s)
		return
	}
	s.sendq.Consume(transferred, w.blocks)
`}}},
	{ClosesLocked, "right: closesocket at once under the session's lock", nil, []Edit{
		{"session.go", `	partial *sendq.Block`, `	lock    sim.Mutex
	partial *sendq.Block`},
		{"post.go", `func (a *actor) cancel(s *session, why Reason) {
`, `func (a *actor) cancel(s *session, why Reason) {
	if sim.Variant == 24 {
		s.lock.Lock()
		if s.end.first(why) {
			a.srv.port.Close(s.sock)
		}
		s.lock.Unlock()
		return
	}
`},
		{"post.go", `	if err := via.Recv(s.sock, &s.recv); err != nil {`,
			`	if sim.Variant == 24 {
		s.lock.Lock()
		err := error(ErrGone)
		if !s.ended() {
			err = via.Recv(s.sock, &s.recv)
		}
		s.lock.Unlock()
		if err != nil {
			a.postFailed(s, trace.Receive)
		}
		return
	}
	if err := via.Recv(s.sock, &s.recv); err != nil {`},
		{"post.go", `		if err := a.post.Send(s.sock, data, &s.send); err != nil {`,
			`		if sim.Variant == 24 {
			s.lock.Lock()
			err := error(ErrGone)
			if !s.ended() {
				err = a.post.Send(s.sock, data, &s.send)
			}
			s.lock.Unlock()
			if err != nil {
				a.postFailed(s, trace.Send)
			}
			return
		}
		if err := a.post.Send(s.sock, data, &s.send); err != nil {`},
	}},
}
