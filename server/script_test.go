package server

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// scripted is a port on which nothing happens by itself: a test sees each call and says what
// completes next. It is its own only Worker. The real loop runs on it, one batch at a time.
type scripted struct {
	t       testing.TB
	srv     *Server
	calls   []string           // "Recv 5", "Send 5 abc", "Cancel 5", "Close 5", …
	onCall  func(call string)  // sees the call before it has an effect
	fail    map[string]error   // calls that fail at once
	batches [][]iocp.Entry     // what the next Gets hand out
	accepts []*iocp.Overlapped // pending
	posted  int                // orders to stop
	waits   []time.Duration    // of each Get
}

var errScripted = errors.New("scripted")

func script(t testing.TB, cfg Config) (*scripted, *worker) {
	t.Helper()
	cfg.Listen, cfg.Workers = loopback, 1
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	p := &scripted{t: t, fail: map[string]error{}}
	p.srv = assemble(cfg, p)
	w := p.srv.workers[0]
	w.attach(scriptedWorker{p})
	w.startAccepts()
	p.calls = nil
	return p, w
}

// turn runs the real loop over one batch, then stops it, leaving it ready for the next turn.
func (p *scripted) turn(w *worker, entries ...iocp.Entry) {
	p.batches = [][]iocp.Entry{entries, {{}}}
	w.run()
	w.stopped = false
}

// accepted completes one Accept with a new socket and returns its session.
func (p *scripted) accepted(w *worker, sock iocp.Socket) *session {
	ov := p.accepts[0]
	p.accepts = p.accepts[1:]
	p.turn(w, iocp.Entry{Overlapped: ov, Socket: sock})
	for index := range p.srv.table.used() {
		if s := p.srv.table.at(index); s.sock == sock {
			return s
		}
	}
	return nil
}

func received(s *session, data string) iocp.Entry {
	return iocp.Entry{Overlapped: &s.recv, Transferred: len(data), Data: []byte(data)}
}

func sent(s *session, n int) iocp.Entry { return iocp.Entry{Overlapped: &s.send, Transferred: n} }

func (p *scripted) call(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	if p.onCall != nil {
		p.onCall(call)
	}
	p.calls = append(p.calls, call)
	return p.fail[call]
}

// expect compares the calls since the last expect.
func (p *scripted) expect(calls ...string) {
	p.t.Helper()
	if !slices.Equal(p.calls, calls) {
		p.t.Errorf("calls\n  %q\nwant\n  %q", p.calls, calls)
	}
	p.calls = nil
}

// footprints is the trace of a session since record from, by kind and place.
func footprints(srv *Server, s *session) []string {
	var lines []string
	for _, e := range srv.log.Events(uint64(s.id.load())) {
		line := fmt.Sprintf("%v io=%d", e.Kind, e.IO)
		if e.Where != trace.Nowhere {
			line += " " + e.Where.String()
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *scripted) Accept(l iocp.Socket, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpAccept
	err := p.call("Accept")
	if err == nil {
		p.accepts = append(p.accepts, ov)
	}
	return err
}

func (p *scripted) Connect(iocp.Socket, netip.AddrPort, *iocp.Overlapped) error {
	return errScripted
}

func (p *scripted) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpRecv
	return p.call("Recv %d", s)
}

func (p *scripted) Send(s iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpSend
	return p.call("Send %d %s", s, buf)
}

func (p *scripted) Get(entries []iocp.Entry, wait time.Duration) (int, error) {
	p.waits = append(p.waits, wait)
	next := p.batches[0]
	p.batches = p.batches[1:]
	return copy(entries, next), nil
}

func (p *scripted) Post(*iocp.Overlapped) error               { p.posted++; return nil }
func (p *scripted) Cancel(s iocp.Socket)                      { _ = p.call("Cancel %d", s) }
func (p *scripted) Abort(s iocp.Socket)                       { _ = p.call("Abort %d", s) }
func (p *scripted) Close(s iocp.Socket)                       { _ = p.call("Close %d", s) }
func (p *scripted) Shutdown(s iocp.Socket)                    { _ = p.call("Shutdown %d", s) }
func (p *scripted) Backend() string                           { return "scripted" }
func (p *scripted) Worker() (iocp.Worker, error)              { return scriptedWorker{p}, nil }
func (p *scripted) CloseHandle() error                        { return nil }
func (p *scripted) LocalAddr(iocp.Socket) (a netip.AddrPort)  { return a }
func (p *scripted) RemoteAddr(iocp.Socket) (a netip.AddrPort) { return a }

func (p *scripted) Listen(a netip.AddrPort, _ int) (iocp.Socket, netip.AddrPort, error) {
	return 3, a, nil
}

func (p *scripted) NewSocket(netip.Addr, netip.AddrPort) (iocp.Socket, error) {
	return iocp.InvalidSocket, errScripted
}

// scriptedWorker is the port itself with a worker's Close.
type scriptedWorker struct{ *scripted }

func (scriptedWorker) Close() error { return nil }
