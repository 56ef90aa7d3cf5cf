package dummy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// echo32 is a right server for len32: it refuses an illegal header, and reads on only when its
// answer is taken.
func echo32(c *net.TCPConn) { serve32(c, func() {}) }

// lenient32 takes what no frame should be.
func lenient32(c *net.TCPConn) { serve32(c, nil) }

// serve32 answers each frame with itself. With an illegal header, or one of a frame longer than
// any right dummy's here, it calls illegal and closes; without illegal it goes on.
func serve32(c *net.TCPConn, illegal func()) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := io.ReadFull(c, buf[:4]); err != nil {
			return
		}
		n := binary.LittleEndian.Uint32(buf)
		switch most := uint32(len(buf) - 4); {
		case n > 0 && n <= most:
		case illegal != nil:
			illegal()
			return
		case n == 0:
			continue
		default:
			_, _ = io.CopyN(io.Discard, c, int64(n))
			continue
		}
		if _, err := io.ReadFull(c, buf[4:4+n]); err != nil {
			return
		}
		if _, err := c.Write(buf[:4+n]); err != nil {
			return
		}
	}
}

// everybody is one hostile dummy of each manner.
func everybody() []Hostile {
	var all []Hostile
	for m := range numManners {
		all = append(all, Hostile{m, 0.01})
	}
	return all
}

func TestScriptsAreAsWrongAsTheyClaim(t *testing.T) {
	for _, f := range []frame.Format{frame.Len16, frame.Len32, frame.Line, frame.Raw} {
		for m := range numManners {
			if !m.fits(f) {
				continue
			}
			s := newScript(m, Config{Frame: f, SizeMax: 33})
			stream := append(bytes.Clone(s.lead), bytes.Repeat(s.loop, 1+frame.MaxPayload/scriptChunk)...)
			first, rest, ok, err := f.Next(stream)
			switch m {
			case Oversize:
				if !errors.Is(err, frame.ErrOversize) {
					t.Errorf("%v %v: %v", f, m, err)
				}
			case ZeroLength:
				for zero := zeros(f.Overhead()); zero > f.Overhead(); zero -= f.Overhead() {
					stream = stream[f.Overhead():]
					if _, _, _, again := f.Next(stream); !errors.Is(again, frame.ErrZeroLength) {
						t.Errorf("%v %v: %v", f, m, again)
					}
				}
				behind, _, ok, err2 := f.Next(stream[f.Overhead():])
				if !errors.Is(err, frame.ErrZeroLength) || err2 != nil || !ok || len(behind) != 33 {
					t.Errorf("%v %v: %v, then %q %v", f, m, err, behind, err2)
				}
			case HalfHeader:
				if ok || err != nil || len(stream) == 0 || len(stream) >= f.Overhead() {
					t.Errorf("%v %v: %q", f, m, stream)
				}
			case Silent: // its script is not said
			default:
				if !ok || err != nil || f != frame.Raw && len(first) != 33 ||
					len(s.loop)%(33+f.Overhead()) != 0 || len(rest)%(33+f.Overhead()) != 0 {
					t.Errorf("%v %v: %d bytes, %d left, %v", f, m, len(first), len(rest), err)
				}
			}
		}
	}
}

// TestWhoMisbehavesIsNotInTheBooks: the run of those who behave is as if they were alone.
func TestWhoMisbehavesIsNotInTheBooks(t *testing.T) {
	forBackends(t, func(t *testing.T, backend string) {
		cfg := testConfig(startServer(t, echo32))
		cfg.Backend, cfg.Frame, cfg.Hostile = backend, frame.Len32, everybody()
		f := startFleet(t, cfg)
		reach(t, f, monitor.Idle)
		if h := snap(f).Hostile; h == nil || h.Connected != 0 || h.Dummies != uint64(numManners) {
			t.Errorf("before START: %+v", h)
		}
		must(t, f.Start())
		until(t, f, "all are at work", func(s *monitor.Snapshot) bool {
			return s.Hostile.Connected > 20 && s.Hostile.ClosedByServer >= 4 &&
				s.Hostile.BytesReceived > 64<<10 && s.Ledger.Echoed > 500
		})
		must(t, f.Stop())
		reach(t, f, monitor.Drained, monitor.Undrained)
		must(t, f.Reset())
		if h := snap(f).Hostile; h.Dummies != uint64(numManners) {
			t.Errorf("after Reset: %+v", h)
		}
		must(t, f.Close())
		s := snap(f)
		if s.Bad() != 0 || s.Phase != monitor.Ended || s.Ledger.Wait != 0 || len(s.Diagnoses) != 0 {
			t.Errorf("%v %+v %v %+v", s.Phase, s.Ledger, s.Faults, s.Diagnoses)
		}
		if s.Connections.Peak != 8 || s.Connections.ClosedByServer != 0 {
			t.Errorf("%+v", s.Connections)
		}
	})
}

func TestResetBeginsToCountTheHostileAnew(t *testing.T) {
	cfg := testConfig(startServer(t, echoAll))
	cfg.Hostile = []Hostile{{Silent, 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	until(t, f, "all connected", func(s *monitor.Snapshot) bool { return s.Hostile.Connected == 8 })
	must(t, f.Reset())
	if h := snap(f).Hostile; h.Connected != 0 {
		t.Errorf("%+v", h)
	}
}

// TestHostileDummiesGoWhileTheServerIsGone: dialing in vain ends with the fleet, too.
func TestHostileDummiesGoWhileTheServerIsGone(t *testing.T) {
	server := startServer(t, echoAll)
	cfg := testConfig(server)
	cfg.Hostile = []Hostile{{RSTStorm, 1}, {Mute, 1}}
	f := startFleet(t, cfg)
	reach(t, f, monitor.Idle)
	must(t, f.Start())
	until(t, f, "some storm", func(s *monitor.Snapshot) bool { return s.Hostile.Connected > 50 })
	server.stop()
	until(t, f, "server_gone", func(s *monitor.Snapshot) bool { return len(s.Diagnoses) > 0 })
	must(t, f.Close())
	if s := snap(f); s.Diagnoses[0].Name != monitor.ServerGone || s.Phase != monitor.Ended {
		t.Errorf("%v %+v", s.Phase, s.Diagnoses)
	}
}

func TestBackoffOfHostileDummies(t *testing.T) {
	h := &hostile{}
	for _, want := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 1000, 1000} {
		if got := h.backoff(); got != want*time.Millisecond {
			t.Errorf("%v, want %v ms", got, int(want))
		}
	}
}
