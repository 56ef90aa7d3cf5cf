package server

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"dummyload/monitor"
)

func TestManyClientsManyFramesInFlight(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Frame = len16
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
			data = len16.AppendPacket(data, bytes.Repeat([]byte{mark, byte(round)}, 4+i), 0)
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

func TestAHeaderClaimsNoMemory(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		cfg.Frame = len32
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
		for _, format := range formats[:3] {
			cfg.Frame = withLogin(format)
			srv := start(t, cfg)
			conn := srv.dial()
			expect(t, conn, framed(format, "\xff\xff\xff\xff\xff\xff\xff\x7f"))
			exchange(t, conn, framed(cfg.Frame, "and then echoes"))
		}
	})
}
