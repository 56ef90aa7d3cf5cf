package server

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"dummyload/server/iocp"
)

func failedAccept(p *scripted) iocp.Entry {
	ov := p.accepts[0]
	p.accepts = p.accepts[1:]
	return iocp.Entry{Overlapped: ov, Socket: iocp.InvalidSocket, Err: errScripted}
}

func TestAFailedAcceptWaitsForATimeout(t *testing.T) {
	p, w := script(t, Config{})
	p.turn(w, failedAccept(p))
	p.expect()
	if last := p.waits[len(p.waits)-1]; last != acceptPause {
		t.Errorf("the next Get waits %v", last)
	}
	p.turn(w) // a Get that waited in vain
	p.expect("Accept")
	p.turn(w)
	p.expect()
	if last := p.waits[len(p.waits)-1]; last != forever {
		t.Errorf("with no accept paused Get waits %v", last)
	}
	if len(p.accepts) != acceptsPerWorker || w.count.acceptFailures.Load() != 1 {
		t.Errorf("%d accepts pending, %d failures", len(p.accepts), w.count.acceptFailures.Load())
	}
}

func TestAFailedAcceptWaitsForARelease(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, failedAccept(p))
	p.calls = nil
	p.turn(w, received(s, "busy"))
	p.expect("Send 5 busy", "Recv 5")
	p.turn(w, sent(s, 0), received(s, ""))
	p.expect("Cancel 5", "Close 5", "Accept")
}

func TestABusyWorkerTriesAFailedAcceptNowAndThen(t *testing.T) {
	p, w := script(t, Config{})
	s := p.accepted(w, 5)
	p.turn(w, failedAccept(p))
	p.calls = nil
	for range retryBatches {
		p.turn(w, received(s, "x"), sent(s, 1))
	}
	if n := count(p.calls, "Accept"); n < 1 || n > 2 {
		t.Errorf("%d accepts in %d busy batches", n, retryBatches)
	}
}

func TestAcceptsComeBackTwoForEachThatSucceeds(t *testing.T) {
	p, w := script(t, Config{})
	for range 10 {
		p.turn(w, failedAccept(p))
	}
	p.calls = nil
	p.accepted(w, 5)
	if n := count(p.calls, "Accept"); n != 3 {
		t.Errorf("%d accepts after one success, want its own and two more", n)
	}
}

func count(calls []string, call string) (n int) {
	for _, c := range calls {
		if c == call {
			n++
		}
	}
	return n
}

func TestAFullTableRefuses(t *testing.T) {
	p, w := script(t, Config{MaxSessions: 1})
	s := p.accepted(w, 5)
	p.calls = nil
	p.accepted(w, 6)
	p.expect("Close 6", "Accept")
	if w.count.refused.Load() != 1 {
		t.Error("not counted as refused")
	}
	p.turn(w, received(s, ""))
	p.calls = nil
	p.accepted(w, 7)
	p.expect("Recv 7", "Accept")
}

func TestStopRetiresPausedAccepts(t *testing.T) {
	p, w := script(t, Config{})
	p.srv.accepts.Store(acceptsPerWorker)
	for range 3 {
		p.turn(w, failedAccept(p))
	}
	p.srv.stopping.Store(true)
	p.turn(w) // a Get that waited in vain
	for len(p.accepts) > 0 {
		p.turn(w, failedAccept(p)) // cancelled
	}
	if left := p.srv.accepts.Load(); left != 0 || w.count.acceptFailures.Load() != 3 {
		t.Errorf("%d accepts left, %d failures", left, w.count.acceptFailures.Load())
	}
}

func TestAConnectionThatComesDuringStopIsClosed(t *testing.T) {
	p, w := script(t, Config{})
	p.srv.stopping.Store(true)
	p.accepted(w, 5)
	p.expect("Close 5")
}

// All clients dial at the same instant.
func TestAcceptStorm(t *testing.T) {
	const clients = 2000
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() { stormClient(t, srv.Addr().String()) })
		}
		wg.Wait()
		srv.gone()
		if audit := srv.stop(time.Second); audit.Accepted != clients {
			t.Errorf("accepted %d of %d", audit.Accepted, clients)
		}
	})
}

func stormClient(t *testing.T, addr string) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	got := make([]byte, 5)
	_ = conn.SetDeadline(time.Now().Add(patience)) // a failure shows in the read
	if _, err = conn.Write([]byte("storm")); err == nil {
		_, err = io.ReadFull(conn, got)
	}
	if err != nil || !bytes.Equal(got, []byte("storm")) {
		t.Errorf("%q %v", got, err)
	}
}

// The descriptor limit is a shell's, for a child that runs the test of this name below.
func TestOutOfDescriptorsIsSurvived(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Log("no shell to limit descriptors with")
		return
	}
	const limit = "ulimit -n 48 && exec \"$0\" -test.run='^TestChildOutOfDescriptors$' -test.v"
	cmd := exec.Command(sh, "-c", limit, os.Args[0])
	cmd.Env = append(os.Environ(), "SERVER_TEST_LIMITED=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "accept failures seen") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestChildOutOfDescriptors(t *testing.T) {
	if os.Getenv("SERVER_TEST_LIMITED") == "" {
		return // its parent is the test above
	}
	overBackends(t, func(t *testing.T, cfg Config) {
		began := time.Now()
		srv := start(t, cfg)
		failures := func() uint64 { return srv.figures().AcceptFailures }
		waiting, held := dialUntil(t, srv, func() bool { return failures() > 0 })
		time.Sleep(3 * acceptPause)
		failed := failures()
		// Each pending accept fails once, then each worker tries one per pause; one that succeeds
		// is posted again, with two more. Without the pause it would be tens of thousands.
		pauses := 1 + int(time.Since(began)/acceptPause) // after failed was read: never too few
		most := uint64(cfg.Workers*(acceptsPerWorker+pauses)) + 3*srv.figures().Accepted
		if failed > most {
			t.Errorf("%d accepts failed, want at most %d", failed, most)
		}
		t.Logf("accept failures seen: %d", failed)
		for _, f := range held {
			f.Close()
		}
		exchange(t, waiting, []byte("patient"))
		waiting.Close()
		srv.gone()
		for range 5 { // the listener works again
			stormClient(t, srv.Addr().String())
		}
		srv.gone()
	})
}

// dialUntil uses up the process's descriptors and gives one at a time to a connection, until an
// accept has failed for want of another. Which one does is a race: an accept that is being posted
// may itself hold a descriptor for an instant. held gives the others back.
func dialUntil(t *testing.T, srv *running, failed func() bool) (waiting net.Conn, held []*os.File) {
	t.Helper()
	for opened := 0; opened < 100 && (waiting == nil || !failed()); {
		if f, err := os.Open(os.DevNull); err == nil {
			held = append(held, f)
			opened++
			continue
		}
		last := len(held) - 1
		held[last].Close()
		held = held[:last]
		if conn, err := net.Dial("tcp", srv.Addr().String()); err == nil {
			t.Cleanup(func() { conn.Close() })
			waiting = conn
		}
		poll(100*time.Millisecond, failed)
	}
	if !failed() || waiting == nil {
		t.Fatalf("no accept failed with %d descriptors held", len(held))
	}
	return waiting, held
}
