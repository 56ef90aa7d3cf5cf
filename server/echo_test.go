package server

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

var formats = []frame.Format{frame.Raw, frame.Len16, frame.Len32, frame.Line}

func TestEchoOfEveryFormatCutAtEveryByte(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, cfg.Frame = range formats {
			srv := start(t, cfg)
			conn := srv.dial()
			stream := framed(cfg.Frame, "a", "some words", "the last of three")
			for at := 1; at < len(stream); at++ {
				if _, err := conn.Write(stream[:at]); err != nil {
					t.Fatal(err)
				}
				if at%8 == 0 { // let the first part arrive alone; either way the echo is the same
					time.Sleep(time.Millisecond)
				}
				if _, err := conn.Write(stream[at:]); err != nil {
					t.Fatal(err)
				}
				expect(t, conn, stream)
			}
			conn.Close()
			srv.gone()
			if audit := srv.stop(0); audit.Reasons["peer_closed"] != 1 {
				t.Errorf("%v", audit)
			}
		}
	})
}

func TestEchoOfLongFrames(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, cfg.Frame = range formats {
			srv := start(t, cfg)
			conn := srv.dial()
			longest := bytes.Repeat([]byte("x"), cfg.Frame.MaxPayload())
			data := cfg.Frame.Append(nil, longest)
			data = cfg.Frame.Append(data, []byte("short"))
			data = cfg.Frame.Append(data, longest)
			go conn.Write(data) // its errors show in what comes back
			expect(t, conn, data)
		}
	})
}

func TestManyClientsManyFramesInFlight(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Frame = frame.Len16
		srv := start(t, cfg)
		var clients sync.WaitGroup
		for c := range 20 {
			conn := srv.dial()
			clients.Go(func() { pipeline(t, conn, byte(c), 200, 50) })
		}
		clients.Wait()
		want := uint64(20 * 200 * 50)
		var snap *monitor.View
		within(t, "the last sends completed", func() bool {
			snap = monitor.Collect(srv)
			return snap.Server.SendQBytes == 0 && snap.Server.IOCount == 20 // a receive each
		})
		if s := snap.Server; s.RecvPackets != want || s.SendPackets != want || s.Live != 20 ||
			s.Accepted != 20 || s.Released != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// pipeline writes rounds of depth frames each before it reads their echoes.
func pipeline(t *testing.T, conn net.Conn, mark byte, rounds, depth int) {
	for round := range rounds {
		var data []byte
		for i := range depth {
			data = frame.Len16.Append(data, bytes.Repeat([]byte{mark, byte(round)}, 4+i))
		}
		if _, err := conn.Write(data); err != nil {
			t.Error(err)
			return
		}
		got := make([]byte, len(data))
		if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("client %d round %d: %v", mark, round, err)
			return
		}
	}
}

func TestIllegalHeadersEndTheConnectionByName(t *testing.T) {
	cases := []struct {
		f      frame.Format
		data   string
		reason Reason
	}{
		{frame.Len16, "\x00\x00", FrameZeroLength},
		{frame.Len32, "\x00\x00\x00\x00", FrameZeroLength},
		{frame.Line, "\n", FrameZeroLength},
		{frame.Len32, "\x01\x00\x10\x00", FrameOversize},
		{frame.Len32, "\xff\xff\xff\xff", FrameOversize},
		{frame.Line, string(bytes.Repeat([]byte("x"), frame.MaxPayload+1)), FrameOversize},
	}
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, c := range cases {
			cfg.Frame = c.f
			srv := start(t, cfg)
			conn := srv.dial()
			good := framed(c.f, "good")
			exchange(t, conn, good)
			go conn.Write([]byte(c.data)) // it may fail: the server need not read all of it
			ended(t, conn)
			srv.gone()
			if audit := srv.stop(0); audit.Reasons[c.reason.String()] != 1 {
				t.Errorf("%v %.8q: %v", c.f, c.data, audit)
			}
		}
	})
}

func TestAHeaderClaimsNoMemory(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Frame = frame.Len32
		srv := start(t, cfg)
		exchange(t, srv.dial(), framed(cfg.Frame, "warm"))
		before := heap()
		const clients = 100
		for range clients {
			if _, err := srv.dial().Write([]byte("\x00\x00\x10\x00xyz")); err != nil { // 1 MiB
				t.Fatal(err)
			}
		}
		within(t, "accepted", func() bool { return srv.live() == clients+1 })
		if grown := int64(heap()) - int64(before); grown > clients*64<<10 {
			t.Errorf("%d KiB more for %d clients that claimed 1 MiB each", grown>>10, clients)
		}
	})
}

func TestLoginPacketComesFirstAndOnce(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Login = true
		for _, cfg.Frame = range formats[:3] {
			srv := start(t, cfg)
			conn := srv.dial()
			expect(t, conn, cfg.Frame.Append(nil, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f")))
			exchange(t, conn, framed(cfg.Frame, "and then echoes"))
		}
	})
}
