package dummy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"dummyload/dummy/conn"
	"dummyload/dummy/diagnose"
	"dummyload/dummy/verify"
	"dummyload/monitor"
	"dummyload/monitor/trace"
	"dummyload/server/iocp"
)

// Fleet is all the dummies of a run. Its methods may be called from any goroutine.
//
// Locks are taken in this order: collecting, mu, a worker's mailbox or board. A worker takes
// none but the last two, and none on the data path: Collect holds mu until the workers answer.
type Fleet struct {
	cfg     Config
	log     *trace.Log
	began   time.Time // the log's start
	pattern *verify.Pattern
	sources sources
	workers []*worker
	crowd   crowd

	kicked    chan struct{}
	quit      chan struct{}
	conducted chan struct{}
	closing   sync.Once
	hurried   atomic.Bool // closing, no FIN of the server's is waited for

	backlog      backlog
	slowest      atomic.Int64 // the slowest answer that any worker has told of
	dummiesClose atomic.Bool  // some dummy has closed its connection while others stay

	collecting sync.Mutex // one Collect, or end of a drain, at a time
	totals     totals

	mu         sync.Mutex // guards what follows
	load       *Config    // with what was tuned; not changed once it is here
	phase      monitor.Phase
	since      time.Duration
	changed    chan struct{}  // closed and made anew when the phase changes
	ticket     monitor.Ticket // of the last verb
	awaited    awaited
	leaving    bool
	echoOn     time.Duration // finished periods of Echo
	drain      monitor.Drain
	storm      storm
	outages    diagnose.Outages
	unaccepted uint64 // connections never accepted that the log has told
	idled      uint64 // connections closed before anything was asked that the log has told
	past       past
	mark       mark
	events     []monitor.Event
}

// New makes a fleet and begins to connect its dummies. The error is about the configuration,
// or a backend that cannot run. Whoever has a Fleet must Close it.
func New(cfg Config) (*Fleet, error) {
	f, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	f.admit()
	return f, nil
}

// prepare makes a fleet that has no dummies yet.
func prepare(cfg Config) (*Fleet, error) {
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return nil, err
	}
	f := assemble(cfg)
	f.backlog.begin()
	for k := range cfg.Workers {
		if err := f.startWorker(k); err != nil {
			_ = f.dismissWorkers(false, false) // the error that counts is the one at hand
			return nil, err
		}
	}
	if f.crowd, err = f.newCrowd(); err != nil {
		_ = f.dismissWorkers(false, false) // as above
		return nil, err
	}
	go f.conduct()
	return f, nil
}

// admit has the dummies connect.
func (f *Fleet) admit() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enter(monitor.Connecting, f.clock())
	f.event("connecting %s dummies to %v (%s)",
		monitor.Count(uint64(f.cfg.Clients)), f.cfg.Target, f.workers[0].engine.Backend())
	load := f.load
	f.order(func(w *worker) { w.tune(load, 0) })
	f.kick() // to know the deadline
}

// Target is the server's address.
func (f *Fleet) Target() netip.AddrPort { return f.cfg.Target }

// assemble makes a fleet that has no workers yet.
func assemble(cfg Config) *Fleet {
	log := trace.New(cfg.Workers)
	f := &Fleet{
		cfg: cfg, load: &cfg, log: log, began: log.Start(), sources: newSources(cfg),
		pattern: verify.NewPattern(cfg.Seed, cfg.Frame, cfg.SizeMin, cfg.SizeMax),
		kicked:  make(chan struct{}, 1), quit: make(chan struct{}), conducted: make(chan struct{}),
		changed: make(chan struct{}),
	}
	f.totals.init(cfg.Workers)
	return f
}

// startWorker makes a worker and starts its thread.
func (f *Fleet) startWorker(k int) error {
	w, err := f.newWorker(k, f.openPort(k == 0))
	if err != nil {
		return err
	}
	if err := w.engine.Start(); err != nil {
		_ = w.engine.Close() // the error that counts is the worker's
		return fmt.Errorf("worker %d: %w", k, err)
	}
	f.workers = append(f.workers, w)
	return nil
}

// openPort is how a worker's completion port is made. The first one tells which backends "auto" could
// not take.
func (f *Fleet) openPort(first bool) func() (iocp.Port, error) {
	size := f.chunk()
	config := iocp.Config{
		Backend: f.cfg.Backend, Workers: 1, RecvSize: min(max(size, iocp.DefaultRecvSize), 1<<16),
	}
	if first {
		config.Skipped = f.cfg.Skipped // the others are told the same
	}
	return func() (iocp.Port, error) { return iocp.New(config) }
}

// newWorker makes a worker whose thread does not run yet.
func (f *Fleet) newWorker(k int, open func() (iocp.Port, error)) (*worker, error) {
	w := &worker{
		fleet: f, trace: f.log.Ring(k), books: books{hists: measured()},
		schedule: newSchedule(k, &f.cfg, f.load),
		rng:      rand.New(rand.NewPCG(f.cfg.Seed, uint64(k))),
		sender:   sender{buffers: sendBuffers{size: f.chunk()}},
		lengths:  diagnose.Lengths{Whole: f.cfg.Frame.Answer.Carries(f.cfg.SizeMax) <= verify.MinSize},
	}
	engine, err := conn.New(conn.Config{
		Open: open, Target: f.cfg.Target, Clock: f.clock, Trace: w.trace, Greeting: f.cfg.hasSession(),
		Dialing: maxDialing, DialMost: dialMost,
	}, w)
	if err != nil {
		return nil, err
	}
	w.engine, w.sender.w, w.scan.w, w.ladder.w = engine, w, w, w
	w.verifier = verify.New(f.pattern, roster{f}, outcomes{w})
	w.grow(0, k, f.cfg.Workers)
	return w, nil
}

// chunk is the size of a send buffer: a window of echoes where that is not much, and never
// less than one frame.
func (f *Fleet) chunk() int {
	frame := f.pattern.MaxFrame()
	return max(frame, min(frame*f.cfg.OverSend, 1<<16))
}

// Trace is what the dummies have noted of their connections. Its times count from when the
// fleet began, its ids are trace.ID of the client and its connection.
func (f *Fleet) Trace() *trace.Log { return f.log }

// clock is the time since the fleet began.
func (f *Fleet) clock() time.Duration { return time.Since(f.began) }

// roster is a Fleet as its workers' verifiers see it.
type roster struct{ fleet *Fleet }

// Current is Fleet.current.
func (r roster) Current(client uint32) (conn uint32, sent uint64) { return r.fleet.current(client) }

// current is which connection a dummy has, for a worker that looks for the owner of a wrong echo.
func (f *Fleet) current(client uint32) (conn uint32, sent uint64) {
	p := f.public(int(client))
	if p == nil {
		return 0, 0
	}
	return p.conn.Load(), p.sent.Load()
}

// public is what may be read of a dummy, nil when there is no such one.
func (f *Fleet) public(client int) *public {
	return f.workers[client%len(f.workers)].public(client / len(f.workers))
}

// LocalOf is the address of a dummy on one of its connections, the present one or one whose end
// the trace still holds; 0 when it is not known.
func (f *Fleet) LocalOf(client int, connection uint32) trace.PeerKey {
	if p := f.public(client); p != nil {
		if local := p.local.Of(uint64(connection)); local != 0 {
			return local
		}
	}
	return f.log.PeerOf(trace.ID(uint64(client), uint64(connection)))
}

// Phase is where the fleet stands.
func (f *Fleet) Phase() monitor.Phase {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.phase
}

// enter changes the phase. f.mu is held.
func (f *Fleet) enter(p monitor.Phase, now time.Duration) {
	if f.phase == monitor.Echoing {
		f.echoOn += now - f.since
	}
	f.phase, f.since = p, now
	close(f.changed)
	f.changed = make(chan struct{})
}

// Wait waits until the fleet is in one of the phases, or Ended, or until the context ends,
// whose error it returns.
func (f *Fleet) Wait(ctx context.Context, phases ...monitor.Phase) error {
	for {
		f.mu.Lock()
		phase, changed := f.phase, f.changed
		f.mu.Unlock()
		if phase == monitor.Ended || slices.Contains(phases, phase) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// Close disconnects every dummy by FIN, waits for the server's FIN as long as it may take (see
// unanswered), and ends the workers. The fleet's phase is Ended then, and Collect gives the final
// snapshot. What is still owed after a drain that failed stays in Wait Echo Count.
func (f *Fleet) Close() error {
	var err error
	f.closing.Do(func() { err = f.end() })
	return err
}

// CloseUntil is Close, but waits for no FIN of the server's once the context has ended.
func (f *Fleet) CloseUntil(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { f.hurried.Store(true) })
	defer stop()
	return f.Close()
}

func (f *Fleet) end() error {
	close(f.quit)
	<-f.conducted
	crowdErr := f.crowd.end()
	all := f.statuses()
	f.mu.Lock()
	f.judgeLosses(all, f.clock(), true)
	f.leaving = true
	climb := f.phase == monitor.Undrained
	keep := climb || f.phase == monitor.Draining
	f.mu.Unlock()
	err := f.dismissWorkers(keep, climb)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enter(monitor.Ended, f.clock())
	f.event("all connections closed")
	return errors.Join(crowdErr, err)
}

// dismissWorkers has the workers close their connections and end, and frees their ports.
func (f *Fleet) dismissWorkers(keepOwed, climb bool) error {
	f.mailAll(func(w *worker) { w.leave(keepOwed, climb) })
	var first error
	for _, w := range f.workers {
		<-w.engine.Done()
		if err := w.engine.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
