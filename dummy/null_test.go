package dummy

import (
	"net/netip"
	"testing"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// nullPort is a port on which nothing happens by itself: what was posted lies there until a test
// completes it. It is its own only Worker, and nothing of the system's is behind it.
type nullPort struct {
	sockets  iocp.Socket
	connects []*iocp.Overlapped // pending
	sends    []pendingSend
	receives []*iocp.Overlapped // by slot
}

type pendingSend struct {
	ov  *iocp.Overlapped
	buf []byte
}

var _ iocp.Port = (*nullPort)(nil)

func (p *nullPort) Connect(_ iocp.Socket, _ netip.AddrPort, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpConnect
	p.connects = append(p.connects, ov)
	return nil
}

func (p *nullPort) Recv(_ iocp.Socket, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpRecv
	for uint64(len(p.receives)) <= ov.Key {
		p.receives = append(p.receives, nil)
	}
	p.receives[ov.Key] = ov
	return nil
}

// received is the completion of the receive that a dummy has in flight.
func (p *nullPort) received(d *dummy, data []byte) *iocp.Entry {
	return &iocp.Entry{Overlapped: p.receives[uint64(d.Slot)], Transferred: len(data), Data: data}
}

func (p *nullPort) Send(_ iocp.Socket, buf []byte, ov *iocp.Overlapped) error {
	ov.Op = iocp.OpSend
	p.sends = append(p.sends, pendingSend{ov, buf})
	return nil
}

func (p *nullPort) NewSocket(netip.Addr, netip.AddrPort) (iocp.Socket, error) {
	p.sockets++
	return p.sockets, nil
}

func (p *nullPort) Listen(a netip.AddrPort, _ int) (iocp.Socket, netip.AddrPort, error) {
	return 0, a, nil
}

func (p *nullPort) Accept(iocp.Socket, *iocp.Overlapped) error    { return nil }
func (p *nullPort) Backend() string                               { return "null" }
func (p *nullPort) Worker() (iocp.Worker, error)                  { return nullWorker{p}, nil }
func (p *nullPort) Post(*iocp.Overlapped) error                   { return nil }
func (p *nullPort) LocalAddr(iocp.Socket) netip.AddrPort          { return netip.AddrPort{} }
func (p *nullPort) RemoteAddr(iocp.Socket) netip.AddrPort         { return netip.AddrPort{} }
func (p *nullPort) Shutdown(iocp.Socket)                          {}
func (p *nullPort) Cancel(iocp.Socket)                            {}
func (p *nullPort) Abort(iocp.Socket)                             {}
func (p *nullPort) Close(iocp.Socket)                             {}
func (p *nullPort) CloseHandle() error                            { return nil }
func (w nullWorker) Get([]iocp.Entry, time.Duration) (int, error) { return 0, nil }
func (w nullWorker) Close() error                                 { return nil }

type nullWorker struct{ *nullPort }

// byHand is a fleet of one worker over a null port, driven by the test. It has no thread and no clock,
// and asks nothing of this system, since that takes real time.
func byHand(t testing.TB, cfg Config) (*worker, *nullPort) {
	t.Helper()
	cfg.Target, cfg.Workers = someTarget, 1
	cfg, err := cfg.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	f, p := assemble(cfg), &nullPort{}
	w, err := f.newWorker(0, func() (iocp.Port, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	must(t, w.engine.Bind())
	w.ladder.queues = receiveQueues{at: never, table: tcpTable{theirs: map[trace.PeerKey]diagnose.Queue{}}}
	f.workers = []*worker{w}
	w.tune(f.load, 0)
	for w.engine.Advance(); len(p.connects) > 0; w.engine.Advance() {
		connects := p.connects
		p.connects = nil
		for _, ov := range connects {
			w.engine.Complete(&iocp.Entry{Overlapped: ov})
		}
	}
	return w, p
}

// turn is one batch of the worker at a time. With answers, it has a right server's answers to all that
// was sent.
func turn(w *worker, p *nullPort, at time.Duration, answers bool) {
	w.engine.Tick(at)
	for answers && len(p.sends) > 0 {
		sends := p.sends
		p.sends = nil
		for _, s := range sends {
			d := w.at(int(s.ov.Key))
			data := append([]byte(nil), s.buf...)
			w.engine.Complete(&iocp.Entry{Overlapped: s.ov, Transferred: len(data)})
			w.engine.Complete(p.received(d, data))
		}
	}
	w.engine.Advance()
}
