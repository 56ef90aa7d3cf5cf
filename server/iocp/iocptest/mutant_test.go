package iocptest

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dummyload/server/iocp"
)

// mutant is a port with one fault, and the case that must see it.
type mutant struct {
	seenBy string
	port   func(iocp.Port) iocp.Port
}

// Wine answers an abort with a FIN and does not count sockets among a process's handles.
var unseenOnWindows = map[string]bool{"aborts by FIN": true, "leaks handles": true}

// The suite is only worth something if it fails: each fault here is one that a backend
// could have.
var mutants = map[string]mutant{
	"duplicates completions": {"OncePerPost", onGet(func(w *faulty, e []iocp.Entry, n int) int {
		if n > 0 && n < len(e) && e[0].Overlapped.Op == iocp.OpRecv {
			e[n] = e[0]
			n++
		}
		return n
	})},
	"drops the end of the stream": {"FinIsZeroBytes", onGet(dropEnds)},
	"drops failures":              {"ConnectRefused", onGet(dropFailures)},
	"hides failures": {"ConnectRefused", onGet(func(w *faulty, e []iocp.Entry, n int) int {
		for i := range e[:n] {
			e[i].Err = nil
		}
		return n
	})},
	"claims short sends to be whole": {"LargeSend", onGet(claimWhole)},
	"gives two orders to stop":       {"OneStopPerGet", onGet(twoStops)},
	"keeps a posted one's Op": {"PostArrives", onGet(func(w *faulty, e []iocp.Entry, n int) int {
		for i := range e[:n] {
			if ov := e[i].Overlapped; ov != nil && ov.Op == iocp.OpNone {
				ov.Op = iocp.OpRecv
			}
		}
		return n
	})},
	"reuses memory within a batch": {"DataOfABatch", onGet(shareMemory)},
	"keeps a buffer per receive":   {"IdleHoldsNoBuffer", with(func(p *faulty) { p.hoard = true })},
	"does not wait":                {"GetKeepsItsTime", with(func(p *faulty) { p.hasty = true })},
	"ignores Cancel": {"CancelReceive", with(func(p *faulty) {
		p.cancel = func(iocp.Socket) {}
	})},
	"frees the handle on Cancel": {"CancelKeepsHandle", with(func(p *faulty) {
		p.cancel = func(s iocp.Socket) { p.Port.Cancel(s); p.Port.Close(s) }
	})},
	"aborts by FIN": {"AbortIsResetForReceiver", with(func(p *faulty) { p.abort = p.Port.Cancel })},
	"ends both directions on Shutdown": {"ShutdownKeepsReceiving", with(func(p *faulty) {
		p.shutdown = p.Port.Cancel
	})},
	"leaks handles":               {"NothingIsLeft", with(func(p *faulty) { p.leak = true })},
	"forgets the source address":  {"ConnectFrom", with(func(p *faulty) { p.anySource = true })},
	"loses posts made in a storm": {"PostFromMany", with(func(p *faulty) { p.lossy = true })},
}

// mutantVariable names the mutant that a child process is to be.
const mutantVariable = "IOCPTEST_MUTANT"

// TestMutant is the child: the whole suite over one mutant. Without one it is the suite
// over the healthy wrapper, which shows that the wrapper is not what fails.
func TestMutant(t *testing.T) {
	wrap := with(func(*faulty) {})
	if name := os.Getenv(mutantVariable); name != "" {
		caseLimit = 2 * time.Second
		wrap = mutants[name].port
	}
	Run(t, func(t *testing.T, cfg iocp.Config) iocp.Port {
		cfg.Backend = "net"
		p, err := iocp.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return wrap(p)
	})
}

func TestSuiteSeesMutants(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range Cases() {
		known[c.Name] = true
	}
	for name, m := range mutants {
		if !known[m.seenBy] || runtime.GOOS == "windows" && unseenOnWindows[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			child := exec.Command(exe, "-test.run=^TestMutant$/^"+m.seenBy+"$", "-test.timeout=60s")
			child.Env = append(os.Environ(), mutantVariable+"="+name)
			out, err := child.CombinedOutput()
			if err == nil {
				t.Fatalf("%s passed", m.seenBy)
			}
			if !strings.Contains(string(out), "--- FAIL: TestMutant/"+m.seenBy) {
				t.Errorf("%s did not say that it failed:\n%s", m.seenBy, out)
			}
		})
	}
}

// faulty is a port and all its workers with one fault.
type faulty struct {
	iocp.Port
	get                     func(w *faulty, e []iocp.Entry, n int) int
	cancel, abort, shutdown func(iocp.Socket)
	hasty, leak, anySource  bool
	hoard, lossy            bool

	mu     sync.Mutex
	hoards [][]byte
	posts  int
	asked  map[*iocp.Overlapped]int
	inner  iocp.Worker // of the latest Get
}

func with(fault func(*faulty)) func(iocp.Port) iocp.Port {
	return func(p iocp.Port) iocp.Port {
		f := &faulty{Port: p, asked: map[*iocp.Overlapped]int{}}
		f.cancel, f.abort, f.shutdown = p.Cancel, p.Abort, p.Shutdown
		fault(f)
		return f
	}
}

func onGet(fault func(*faulty, []iocp.Entry, int) int) func(iocp.Port) iocp.Port {
	return with(func(p *faulty) { p.get = fault })
}

func (f *faulty) Cancel(s iocp.Socket)   { f.cancel(s) }
func (f *faulty) Abort(s iocp.Socket)    { f.abort(s) }
func (f *faulty) Shutdown(s iocp.Socket) { f.shutdown(s) }

func (f *faulty) Close(s iocp.Socket) {
	if !f.leak {
		f.Port.Close(s)
	}
}

func (f *faulty) NewSocket(local netip.Addr, remote netip.AddrPort) (iocp.Socket, error) {
	if f.anySource {
		local = netip.Addr{}
	}
	return f.Port.NewSocket(local, remote)
}

func (f *faulty) Post(ov *iocp.Overlapped) error {
	f.mu.Lock()
	f.posts++
	lost := f.lossy && f.posts == 1000
	f.mu.Unlock()
	if lost {
		return nil
	}
	return f.Port.Post(ov)
}

func (f *faulty) Worker() (iocp.Worker, error) {
	w, err := f.Port.Worker()
	return &faultyWorker{Worker: w, f: f}, err
}

type faultyWorker struct {
	iocp.Worker
	f *faulty
}

func (w *faultyWorker) Recv(s iocp.Socket, ov *iocp.Overlapped) error {
	if w.f.hoard {
		w.f.hoards = append(w.f.hoards, make([]byte, 256<<10))
	}
	return w.Worker.Recv(s, ov)
}

func (w *faultyWorker) Send(s iocp.Socket, b []byte, ov *iocp.Overlapped) error {
	w.f.mu.Lock()
	w.f.asked[ov] = len(b)
	w.f.mu.Unlock()
	return w.Worker.Send(s, b, ov)
}

func (w *faultyWorker) Get(e []iocp.Entry, wait time.Duration) (int, error) {
	if w.f.hasty {
		wait = 0
	}
	n, err := w.Worker.Get(e, wait)
	if w.f.get != nil {
		w.f.inner = w.Worker
		n = w.f.get(w.f, e, n)
	}
	return n, err
}

// keep moves the entries that ok allows to the front.
func keep(e []iocp.Entry, ok func(iocp.Entry) bool) (n int) {
	for _, entry := range e {
		if ok(entry) {
			e[n] = entry
			n++
		}
	}
	return n
}

func dropEnds(_ *faulty, e []iocp.Entry, n int) int {
	return keep(e[:n], func(e iocp.Entry) bool {
		return e.Overlapped.Op != iocp.OpRecv || e.Transferred > 0
	})
}

func dropFailures(_ *faulty, e []iocp.Entry, n int) int {
	return keep(e[:n], func(e iocp.Entry) bool { return e.Err == nil })
}

// claimWhole makes a fault of half a send: the port sent less than it says.
func claimWhole(f *faulty, e []iocp.Entry, n int) int {
	for i := range e[:n] {
		if e[i].Overlapped.Op == iocp.OpSend {
			f.mu.Lock()
			e[i].Transferred = f.asked[e[i].Overlapped] + 1
			f.mu.Unlock()
		}
	}
	return n
}

func twoStops(f *faulty, e []iocp.Entry, n int) int {
	for n > 0 && n < len(e) && e[n-1].Overlapped == nil {
		more, _ := f.inner.Get(e[n:], 0)
		if more == 0 {
			break
		}
		n += more
	}
	return n
}

// shareMemory has all of a batch's Data begin at the same place.
func shareMemory(_ *faulty, e []iocp.Entry, n int) int {
	shared := make([]byte, 64<<10)
	for i := range e[:n] {
		if len(e[i].Data) > 0 {
			e[i].Data = shared[:copy(shared, e[i].Data)]
		}
	}
	return n
}
