package server

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/frame"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// Server is a running echo server, or whatever its Handler makes of it. As a Sender it may be
// used by any goroutine; a handler has one of its own that is cheaper.
type Server struct {
	cfg      Config
	handler  Handler
	port     iocp.Port
	listener iocp.Socket // workers read it while accepts are pending; then it is Stop's
	addr     netip.AddrPort
	table    table
	log      *trace.Log
	workers  []*worker
	others   actor // every goroutine that is not a worker

	greetings               [][]byte // packets that each session begins with
	overhead                int      // bytes of a frame beside its packet
	packetLeast, packetMost int      // bytes of a packet
	randoms                 bool     // frames have random fields
	bare                    bool     // frames have nothing to check

	stopping atomic.Bool
	accepts  atomic.Int64 // Accepts pending or paused; 0 once the listener is quiet
	threads  chan *worker // gets each worker when its thread has ended
	budget   *sendq.Budget
	clock    atomic.Uint32 // counts sweeps
	swept    chan struct{} // closed to end the sweeper
	audited  atomic.Pointer[monitor.Server]
}

var _ Sender = (*Server)(nil)
var _ monitor.Source = (*Server)(nil)

// Start opens the listener and starts the worker threads. It fails on a bad Config, a backend
// that cannot run, and an address that is taken; then nothing is left running.
func Start(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	port, err := iocp.New(iocp.Config{
		Backend: cfg.Backend, Workers: cfg.Workers, Skipped: cfg.Skipped,
	})
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	srv := assemble(cfg, port)
	srv.listener, srv.addr, err = port.Listen(cfg.Listen, backlog)
	if err != nil {
		_ = port.CloseHandle() // the listen error is the one to tell
		return nil, fmt.Errorf("server: listen on %v: %w", cfg.Listen, err)
	}
	if err := srv.startThreads(); err != nil {
		port.Close(srv.listener)
		_ = port.CloseHandle() // as above
		return nil, fmt.Errorf("server: %w", err)
	}
	if pace := cfg.pace(); pace > 0 {
		go srv.sweepEvery(pace)
	}
	return srv, nil
}

// assemble puts the parts together around a port; nothing runs yet.
func assemble(cfg Config, port iocp.Port) *Server {
	srv := &Server{cfg: cfg, handler: cfg.Handler, port: port, listener: iocp.InvalidSocket,
		log: trace.New(cfg.Workers), threads: make(chan *worker, cfg.Workers),
		budget: sendq.NewBudget(cfg.Memory), swept: make(chan struct{})}
	srv.table.init(cfg.MaxSessions)
	for i := range cfg.Workers {
		w := &worker{}
		w.actor = actor{srv: srv, trace: srv.log.Ring(i), blocks: sendq.NewPool(srv.budget),
			count: new(counters), sender: w}
		w.frames.Store(rand.Uint64())
		srv.workers = append(srv.workers, w)
	}
	srv.others = actor{srv: srv, post: port, trace: srv.log.Shared(),
		blocks: sendq.NewSharedPool(srv.budget), count: new(counters), sender: srv}
	srv.others.frames.Store(rand.Uint64())
	srv.greetings = cfg.Frame.Server().Greetings(-1, &frame.Values{})
	srv.overhead, srv.randoms = cfg.Frame.Overhead(), cfg.Frame.Random()
	srv.bare = cfg.Frame.Bare()
	srv.packetLeast, srv.packetMost = cfg.Frame.PacketSizes()
	return srv
}

// Addr is the address listened on.
func (srv *Server) Addr() netip.AddrPort { return srv.addr }

// Backend names the completion port's implementation.
func (srv *Server) Backend() string { return srv.port.Backend() }

// Workers is the number of worker threads.
func (srv *Server) Workers() int { return len(srv.workers) }

// SendPacket implements Sender for any goroutine.
func (srv *Server) SendPacket(id SessionID, packet []byte) error {
	return srv.others.SendPacket(id, packet)
}

// Disconnect implements Sender for any goroutine.
func (srv *Server) Disconnect(id SessionID, why Reason) error {
	return srv.others.Disconnect(id, why)
}

// DumpTrace writes what the trace still holds, one event a line.
func (srv *Server) DumpTrace(w io.Writer) error { return srv.log.Dump(w, 0) }

// broken ends the process: an invariant does not hold, and going on would only hide where it broke.
// The trace of the session is written first.
func (srv *Server) broken(id SessionID, what string) {
	_ = srv.log.Dump(os.Stderr, uint64(id)) // where even that fails there is nothing else to do
	panic(fmt.Sprintf("server: session %v: %s", id, what))
}

// Limits of Stop.
const (
	releaseTimeout = 5 * time.Second // for completions once everything was cancelled
	stopPoll       = time.Millisecond
)

// Stop ends the server. It stops accepting and closes the listener. It gives the sessions up to
// grace to leave by themselves, cancels those that stay, and waits until all are released. Then it
// posts one order to stop for each worker (R7), and frees the port. What does not end in time is
// named in the audit, and its memory stays as it is. Stop is called once; each later Collect has
// the audit, too.
func (srv *Server) Stop(grace time.Duration) *monitor.Server {
	srv.stopping.Store(true)
	close(srv.swept)
	quiet := func() bool {
		if srv.accepts.Load() > 0 {
			srv.port.Cancel(srv.listener) // again: an Accept may have been posted meanwhile
			return false
		}
		srv.closeListener() // after Cancel alone some backends' clients could still connect
		return srv.live() == 0
	}
	if !poll(grace, quiet) {
		poll(releaseTimeout, func() bool {
			srv.cancelAll()
			return quiet()
		})
	}
	audit := srv.audit()
	stuck := srv.stopThreads()
	srv.nameStuck(audit, stuck)
	for _, w := range srv.workers {
		if !slices.Contains(stuck, w) && w.failure != nil { // a stuck one may yet write it
			audit.Failures = append(audit.Failures, w.failure.Error())
		}
	}
	if audit.OK() {
		if err := srv.port.CloseHandle(); err != nil {
			audit.Failures = append(audit.Failures, err.Error())
		}
	}
	srv.audited.Store(audit)
	return audit
}

// closeListener is called when no Accept is pending, and none will be posted.
func (srv *Server) closeListener() {
	if srv.listener != iocp.InvalidSocket {
		srv.port.Close(srv.listener)
		srv.listener = iocp.InvalidSocket
	}
}

// poll waits until a condition holds, and reports whether it does within the limit.
func poll(limit time.Duration, condition func() bool) bool {
	for deadline := time.Now().Add(limit); !condition(); time.Sleep(stopPoll) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// cancelAll ends every session that has not ended yet.
func (srv *Server) cancelAll() {
	for s := range srv.sessions() {
		if !s.ended() {
			_ = srv.Disconnect(s.id.load(), ServerStop) // ErrGone: it has left by itself
		}
	}
}
