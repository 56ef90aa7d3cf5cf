package server

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// directory remembers the ids of all sessions there ever were, so that pushes go to sessions
// that live, that are leaving, and that are long gone.
type directory struct {
	mu  sync.Mutex
	ids []SessionID
}

func (d *directory) Accepted(s Sender, id SessionID) {
	_ = s.SendPacket(id, idPacket(id)) // the client learns who it is
	d.mu.Lock()
	d.ids = append(d.ids, id)
	d.mu.Unlock()
}

// Received answers, and pushes to another session from this worker.
func (d *directory) Received(s Sender, id SessionID, _ []byte) {
	_ = s.SendPacket(id, idPacket(id)) // gone is an answer too
	if other, ok := d.pick(); ok {
		_ = s.SendPacket(other, idPacket(other))
	}
}

func (d *directory) Left(Sender, SessionID, Reason) {}

// pick prefers the youngest: those are still there, or have just left.
func (d *directory) pick() (SessionID, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ids) == 0 {
		return 0, false
	}
	back := rand.IntN(min(len(d.ids), 40))
	return d.ids[len(d.ids)-1-back], true
}

func idPacket(id SessionID) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(id)) }

// Each packet carries the id of the session it is for, so one that lands on a stranger's
// connection shows (R9, R11, R12).
func TestPushesFromEverywhereReachNobodyElse(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		d := &directory{}
		cfg.Handler = d
		srv := start(t, cfg)
		var over atomic.Bool
		var pushers, clients sync.WaitGroup
		for range 4 {
			pushers.Go(func() {
				for !over.Load() {
					id, ok := d.pick()
					if ok && rand.IntN(50) == 0 {
						_ = srv.Disconnect(id, ByHandler)
					} else if ok {
						_ = srv.SendPacket(id, idPacket(id))
					}
					time.Sleep(20 * time.Microsecond) // leaves the two cores to the others, too
				}
			})
		}
		for range 8 {
			clients.Go(func() {
				for range 40 {
					pushedClient(t, srv.Addr().String())
				}
			})
		}
		clients.Wait()
		over.Store(true)
		pushers.Wait()
		srv.gone()
		if audit := srv.stop(time.Second); audit.Accepted != 8*40 {
			t.Errorf("%v", audit)
		}
	})
}

// pushedClient reads some packets, all of which must name the same session, and leaves, by FIN
// or RST.
func pushedClient(t *testing.T, addr string) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience)) // a failure shows in the reads
	var mine uint64
	for range 1 + rand.IntN(30) {
		var packet [8]byte
		if _, err := conn.Write([]byte("go on")); err != nil {
			return // disconnected by a pusher
		}
		if _, err := io.ReadFull(conn, packet[:]); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Error("no answer")
			}
			return
		}
		id := binary.LittleEndian.Uint64(packet[:])
		if mine == 0 {
			mine = id
		}
		if id != mine {
			t.Errorf("a packet for %v reached %v", SessionID(id), SessionID(mine))
		}
	}
	if rand.IntN(2) == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
}

func TestAMuteClientIsDisconnectedAndBounded(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		const clients, limit = 5, 256 << 10
		cfg.SendQLimit = limit
		srv := start(t, cfg)
		var over atomic.Bool
		var watch, writers sync.WaitGroup
		watch.Go(func() {
			for !over.Load() {
				if queued := srv.figures().SendQBytes; queued > clients*limit {
					t.Errorf("%d bytes queued for %d clients", queued, clients)
				}
				time.Sleep(time.Millisecond)
			}
		})
		for range clients {
			conn := srv.dial()
			writers.Go(func() {
				junk := make([]byte, 64<<10)
				for {
					if _, err := conn.Write(junk); err != nil {
						return // the end that this is about
					}
				}
			})
		}
		writers.Wait()
		srv.gone()
		over.Store(true)
		watch.Wait()
		if audit := srv.stop(0); audit.Reasons["sendq_full"] != clients {
			t.Errorf("%v", audit)
		}
	})
}

// A reset with a receive and a send pending must be released like any other end.
func TestResetsWithEchoesPending(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		srv := start(t, cfg)
		for range 100 {
			conn := srv.dial()
			exchange(t, conn, []byte("accepted")) // or the reset might come before the accept
			if _, err := conn.Write(make([]byte, 100<<10)); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetLinger(0)
			conn.Close()
		}
		// Windows may find a connection gone while it takes it from the listener's queue.
		within(t, "accepted", func() bool {
			f := srv.figures()
			return f.Accepted+f.AcceptFailures == 100
		})
		srv.gone()
	})
}
