package server

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/server/frame"
)

// game has all that a description can ask of a server: a cipher, packet types, a session in which both
// speak, and a heartbeat.
const game = `
title: ciphered packets with types, a session and a heartbeat
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request: {body: [{type: u2le, contents: 5000}, {type: u8le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u8le, value: client}, {id: payload}]}
session:
  - expect: {body: [{type: u2le, contents: 1000}]}
  - send: {body: [{type: u2le, contents: 1001}, {type: u8le, value: client}]}
  - expect: {body: [{type: u2le, contents: 1002}, {type: u8le, value: client}]}
  - send: {body: [{type: u2le, contents: 1003}]}
  - expect: {body: [{type: u2le, contents: 1004}]}
  - expect: {body: [{type: u2le, contents: 1005}]}
heartbeat: {every: 30s, send: {body: [{type: u2le, contents: 5002}]}}
`

// apart has fields that vary on both sides of the body and not next to it, a length in digits, and a
// random number of the server's choice in its answer.
const apart = `
title: a packet in pieces
frame:
  - {id: kind, type: u1}
  - {id: length, type: digits, size: 4, counts: body}
  - {id: body}
  - {id: end, contents: ";"}
  - {id: number, type: u4be, value: sequence}
  - {id: crc, type: u4le, value: "crc32(kind, body, number)"}
request: {kind: 1, body: [{id: payload}]}
answer: {kind: 2, body: [{id: nonce, type: u4le, value: random}, {id: payload}, {contents: "!"}]}
`

// described compiles a description of this file.
func described(text string) *frame.Format {
	f, err := frame.Parse("described", text)
	if err != nil {
		panic(err)
	}
	return f
}

// every is every built-in format and those of this file.
var every = func() (all []*frame.Format) {
	for _, name := range frame.Names() {
		all = append(all, frame.Builtin(name))
	}
	return append(all, withLogin(len16), described(game), described(apart))
}()

// client7 is who asks in these tests.
var client7 = frame.Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}

// message is one packet of the dummies' in its frame.
func message(m *frame.Message, payload string) []byte {
	b := append(m.Begin(nil, &client7, len(payload)), payload...)
	return m.End(b, 0, &client7)
}

// asked is the requests of some echoes.
func asked(f *frame.Format, payloads ...string) (stream []byte) {
	for _, p := range payloads {
		stream = append(stream, message(f.Request, p)...)
	}
	return stream
}

// sizeOf is the bytes of the answers.
func sizeOf(f *frame.Format, payloads ...string) (n int) {
	for _, p := range payloads {
		n += f.Answer.Size(len(p))
	}
	return n
}

// right checks that data begins with the answers to some echoes, and returns what follows.
func right(t testing.TB, f *frame.Format, data []byte, payloads ...string) (rest []byte) {
	t.Helper()
	for i, p := range payloads {
		n := f.Answer.Size(len(p))
		if len(data) < n {
			t.Fatalf("%v: answer %d: %d bytes of %d", f, i, len(data), n)
		}
		whole := data[:n]
		data = data[n:]
		said(t, f, f.Answer, whole, p[:f.Answer.Carries(len(p))])
	}
	return data
}

// said checks one packet of the server's.
func said(t testing.TB, f *frame.Format, m *frame.Message, whole []byte, payload string) {
	t.Helper()
	if n, _, ok, err := f.Next(whole); !ok || err != nil || len(n) != len(whole) {
		t.Fatalf("%v: %x is no frame: %v %v", f, whole, ok, err)
	}
	var c frame.Cursor
	p, ok := m.Read(m.Open(nil, &c, whole, 0))
	if !ok || p.Wrong != nil || string(p.Payload) != payload || m.CheckCiphered(whole) != nil {
		t.Fatalf("%v: %x: %v %+v, not %q", f, whole, ok, p.Wrong, payload)
	}
	if wrong := m.WrongValue(&p, &client7); m == f.Answer && wrong != nil {
		t.Fatalf("%v: %x: %+v", f, whole, wrong)
	}
}

// logIn does all of a session, in one write for each of the steps that the client sends.
func logIn(t testing.TB, f *frame.Format, conn net.Conn) {
	t.Helper()
	for _, step := range f.Session {
		whole := message(step.Message, "")
		if step.Send {
			if _, err := conn.Write(whole); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := io.ReadFull(conn, whole); err != nil {
			t.Fatalf("%v: %v", f, err)
		}
		said(t, f, step.Message, whole, "")
	}
}

// echo writes a stream, cut in two, and expects the right answers.
func echo(t testing.TB, f *frame.Format, conn net.Conn, at int, payloads ...string) {
	t.Helper()
	stream := asked(f, payloads...)
	for _, part := range [][]byte{stream[:at], stream[at:]} {
		if len(part) == 0 {
			continue
		}
		if _, err := conn.Write(part); err != nil {
			t.Fatal(err)
		}
		if at%8 == 1 { // let the first part arrive alone; either way the answers are the same
			time.Sleep(time.Millisecond)
		}
	}
	data := make([]byte, sizeOf(f, payloads...))
	if n, err := io.ReadFull(conn, data); err != nil {
		t.Fatalf("%v: %d of %d bytes came back: %v", f, n, len(data), err)
	}
	right(t, f, data, payloads...)
}

var someWords = []string{"12345678", "some more words", "the last of the three"}

func TestEveryFormatIsAnsweredCutAtEveryByte(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, cfg.Frame = range every {
			srv := start(t, cfg)
			conn := srv.dial()
			logIn(t, cfg.Frame, conn)
			for at := range asked(cfg.Frame, someWords...) {
				echo(t, cfg.Frame, conn, at, someWords...)
			}
			conn.Close()
			srv.gone()
			if audit := srv.stop(0); audit.Reasons["peer_closed"] != 1 {
				t.Errorf("%v: %v", cfg.Frame, audit)
			}
		}
	})
}

// The longest echoes of each format, and a short one between them.
func TestEveryFormatIsAnsweredAtItsLongest(t *testing.T) {
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, cfg.Frame = range every {
			f := cfg.Frame
			conn := start(t, cfg).dial()
			logIn(t, f, conn)
			longest := strings.Repeat("x", f.MaxPayload())
			go conn.Write(asked(f, longest, "not long", longest)) // its errors show in what comes back
			data := make([]byte, sizeOf(f, longest, "not long", longest))
			if n, err := io.ReadFull(conn, data); err != nil {
				t.Fatalf("%v: %d of %d bytes came back: %v", f, n, len(data), err)
			}
			right(t, f, data, longest, "not long", longest)
		}
	})
}

// talk runs the real worker over what a client says, in chunks, and returns what it is answered.
func talk(t testing.TB, f *frame.Format, chunks ...[]byte) (s *session, out []byte) {
	t.Helper()
	p, w := script(t, Config{Frame: f})
	port := &wire{scriptedWorker: scriptedWorker{p}}
	w.attach(port)
	s = p.accepted(w, 5)
	goOn := func() {
		for port.flight != nil {
			n := len(port.flight)
			out = append(out, port.flight...)
			port.flight = nil
			p.turn(w, sent(s, n))
		}
	}
	goOn()
	for _, c := range chunks {
		if s.ended() {
			t.Fatalf("%v: ended before %x: %v", f, c, s.end.why())
		}
		p.turn(w, received(s, string(c)))
		goOn()
	}
	if left := w.srv.budget.Used() + w.blocks.Uncounted(); !s.ended() && s.partial == nil && left != 0 {
		t.Errorf("%v: %d bytes are held by nobody", f, left)
	}
	return s, out
}

// login is what the client says before its first echo, and greeted the bytes that it is told.
func login(f *frame.Format) (sends [][]byte, greeted int) {
	for _, step := range f.Session {
		if step.Send {
			sends = append(sends, message(step.Message, ""))
		} else {
			greeted += step.Size(0)
		}
	}
	return sends, greeted
}

func TestASessionGoesOnStepByStep(t *testing.T) {
	f := described(game)
	sends, greeted := login(f)
	heartbeat := message(f.Heartbeat.Message, "")
	ask := asked(f, "12345678")
	what := map[string][][]byte{
		"step by step":         {sends[0], sends[1], ask},
		"in one chunk":         {slices.Concat(sends[0], sends[1], ask)},
		"heartbeats meanwhile": {heartbeat, sends[0], heartbeat, sends[1], heartbeat, ask, heartbeat},
	}
	for name, chunks := range what {
		s, out := talk(t, f, chunks...)
		if s.ended() || len(out) != greeted+f.Answer.Size(8) {
			t.Fatalf("%s: %d bytes, %v", name, len(out), s.end.why())
		}
		for _, step := range f.Session {
			if !step.Send {
				said(t, f, step.Message, out[:step.Size(0)], "")
				out = out[step.Size(0):]
			}
		}
		if rest := right(t, f, out, "12345678"); len(rest) > 0 {
			t.Errorf("%s: and then %x", name, rest)
		}
	}
}

// What may not come now ends the session, and is not answered.
func TestWhatNobodyWaitsForEndsTheSession(t *testing.T) {
	f := described(game)
	sends, greeted := login(f)
	ask := asked(f, "12345678")
	unknown := f.AppendPacket(nil, []byte("what?"), 0)
	first := f.Session[0].Size(0)
	second := f.Session[2].Size(0)
	for name, c := range map[string]struct {
		says [][]byte
		told int
	}{
		"an echo before the session": {[][]byte{ask}, first},
		"an echo within it":          {[][]byte{sends[0], ask}, first + second},
		"the second step first":      {[][]byte{sends[1]}, first},
		"a step twice":               {[][]byte{sends[0], sends[0]}, first + second},
		"a step after it":            {[][]byte{sends[0], sends[1], sends[1]}, greeted},
		"no known packet":            {[][]byte{sends[0], sends[1], unknown}, greeted},
		"an empty packet":            {[][]byte{f.AppendPacket(nil, nil, 0)}, first},
		"an echo of nothing":         {append(slices.Clone(sends), message(f.Request, "")), greeted},
	} {
		s, out := talk(t, f, c.says...)
		if s.end.why() != UnknownPacket && name != "an empty packet" || !s.ended() || len(out) != c.told {
			t.Errorf("%s: %v, told %d bytes, not %d", name, s.end.why(), len(out), c.told)
		}
	}
}

// A session's step is its own: the slot's next session begins anew.
func TestASlotsNextSessionLogsInAgain(t *testing.T) {
	f := described(game)
	p, w := script(t, Config{Frame: f})
	sends, _ := login(f)
	s := p.accepted(w, 5)
	for _, say := range append(sends, asked(f, "12345678")) {
		p.turn(w, received(s, string(say)))
	}
	if s.ended() {
		t.Fatal(s.end.why())
	}
	for s.flag.isSet() {
		p.turn(w, sent(s, len(s.sendq.Peek(w.blocks))))
	}
	p.turn(w, received(s, ""))
	if again := p.accepted(w, 6); again != s {
		t.Fatal("the slot was not used again")
	}
	if p.turn(w, received(s, string(asked(f, "12345678")))); s.end.why() != UnknownPacket {
		t.Errorf("an echo without a login: %v", s.end.why())
	}
}

// Constants and checksums of the frame are looked at, also in a frame that was cut in two.
func TestAFrameThatIsNotAsDescribedEndsTheSession(t *testing.T) {
	wrongs := 0
	for _, f := range every {
		good := asked(f, "12345678")
		if s, _ := talk(t, f, good); s.ended() && len(f.Session) == 0 {
			t.Fatalf("%v: %v", f, s.end.why())
		}
		for bit := range 8 * len(good) {
			bad := bytes.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			if n, known := f.Total(bad); f.Stream || f.Text() || !known || n != len(bad) {
				continue // it has become another frame, or none
			}
			_, wrong := f.Packet(make([]byte, 0, f.Scratch(len(bad))), bad)
			for _, chunks := range [][][]byte{{bad}, {bad[:len(bad)-1], bad[len(bad)-1:]}} {
				s, _ := talk(t, f, chunks...)
				if why := s.end.why(); wrong != nil && why != FrameWrong || wrong == nil && why == FrameWrong {
					t.Errorf("%v: bit %d: %v, and %+v", f, bit, why, wrong)
				}
			}
			if wrong != nil {
				wrongs++
			}
		}
	}
	if wrongs < 300 { // of net, of this file's game and apart
		t.Errorf("only %d frames were wrong", wrongs)
	}
}

func TestIllegalFramesEndTheConnectionByName(t *testing.T) {
	net, id16, pieces := frame.Builtin("net"), frame.Builtin("id16"), described(apart)
	flipped := func(f *frame.Format, at int) string {
		b := asked(f, "12345678")
		b[at] ^= 0x40
		return string(b)
	}
	cases := []struct {
		f      *frame.Format
		data   string
		reason Reason
	}{
		{len16, "\x00\x00", FrameZeroLength},
		{len32, "\x00\x00\x00\x00", FrameZeroLength},
		{line, "\n", FrameZeroLength},
		{frame.Builtin("crlf"), "\r\n", FrameZeroLength},
		{net, "\x77\x00\x00\x01\x02", FrameZeroLength},
		{id16, "\x04\x00\x01\x00", FrameZeroLength},
		{id16, "\x03\x00\x01\x00", FrameLength},
		{id16, "\x00\x00\x01\x00", FrameLength},
		{pieces, "\x01000x12345678", FrameLength},
		{len32, "\x01\x00\x10\x00", FrameOversize},
		{len32, "\xff\xff\xff\xff", FrameOversize},
		{frame.Builtin("len32be"), "\x00\x10\x00\x01", FrameOversize},
		{line, strings.Repeat("x", frame.MaxPayload+1), FrameOversize},
		{net, flipped(net, 0), FrameWrong},
		{net, flipped(net, 12), FrameWrong}, // the last byte: only there it is sure that sum8 sees it
		{pieces, flipped(pieces, 5), FrameWrong},
		{pieces, flipped(pieces, 13), FrameWrong},
		{id16, "\x05\x00\x02\x00x", UnknownPacket},
	}
	overBackends(t, func(t *testing.T, cfg Config) {
		for _, c := range cases {
			cfg.Frame = c.f
			srv := start(t, cfg)
			conn := srv.dial()
			echo(t, c.f, conn, 0, "it is good")
			go conn.Write([]byte(c.data)) // it may fail: the server need not read all of it
			ended(t, conn)
			srv.gone()
			if audit := srv.stop(0); audit.Reasons[c.reason.String()] != 1 {
				t.Errorf("%v %.8q: %v", c.f, c.data, audit)
			}
		}
	})
}

// Half a header, and half a frame, are given their time and no more, whatever the frame.
func TestHalfAFrameOfAnyFormatIsTimedOut(t *testing.T) {
	for _, f := range every {
		whole := asked(f, "12345678")
		for at := 1; at < len(whole) && !f.Stream; at++ {
			p, w := script(t, Config{Frame: f, FrameTimeout: time.Second})
			s := p.accepted(w, 5)
			p.turn(w, received(s, string(whole[:at])))
			for range 2 {
				p.srv.sweep(0, 2)
			}
			if s.ended() || s.held() == 0 {
				t.Fatalf("%v: %d of %d bytes: %v, %d held", f, at, len(whole), s.end.why(), s.held())
			}
			if p.srv.sweep(0, 2); s.end.why() != FrameTimeout {
				t.Errorf("%v: %d of %d bytes: %v", f, at, len(whole), s.end.why())
			}
		}
	}
}

// Heartbeats are not answered, and keep a session alive; without them it is idle.
func TestHeartbeatsKeepASessionAlive(t *testing.T) {
	f := described(game)
	p, w := script(t, Config{Frame: f, IdleTimeout: time.Second})
	alive, idle := p.accepted(w, 5), p.accepted(w, 6)
	for _, s := range []*session{alive, idle} {
		p.turn(w, sent(s, f.Session[0].Size(0)))
	}
	p.calls = nil
	for range 10 {
		p.srv.sweep(3, 0)
		p.turn(w, received(alive, string(message(f.Heartbeat.Message, ""))))
	}
	if alive.ended() || idle.end.why() != IdleTimeout {
		t.Errorf("with heartbeats %v, without %v", alive.end.why(), idle.end.why())
	}
	if n := count(p.calls, "Recv 5"); n != 10 || len(p.calls) != 11 {
		t.Errorf("%q", p.calls) // its receives, and one Cancel 6
	}
}

func TestEachFormatHasItsPacketSizes(t *testing.T) {
	for _, f := range every {
		least, most := f.PacketSizes()
		p, w := script(t, Config{Frame: f, Memory: 1 << 40, SendQLimit: 1 << 30,
			Handler: &handlerFuncs{received: func(s Sender, id SessionID, packet []byte) {
				for _, n := range []int{least - 1, least, most, most + 1} {
					var want error
					if n < least || n > most {
						want = ErrPacketSize
					}
					if n < 0 {
						continue
					}
					if err := s.SendPacket(id, make([]byte, n)); err != want {
						t.Errorf("%v: %d bytes in a reply: %v", f, n, err)
					}
				}
			}}})
		s := p.accepted(w, 5)
		p.turn(w, received(s, string(asked(f, "12345678"))))
		if s.ended() {
			t.Fatalf("%v: %v", f, s.end.why())
		}
		for _, n := range []int{least - 1, least, most, most + 1} {
			if n < 0 {
				continue
			}
			err := p.srv.SendPacket(s.id.load(), make([]byte, n))
			if legal := n >= least && n <= most; legal != (err == nil) || !legal && err != ErrPacketSize {
				t.Errorf("%v: %d bytes from elsewhere: %v", f, n, err)
			}
			if err != nil {
				continue
			}
			b := f.AppendPacket(nil, make([]byte, n), 1)
			whole, rest, ok, err := f.Next(b)
			if !ok || err != nil || len(whole) != n+f.Overhead() || len(rest) > 0 {
				t.Errorf("%v: a packet of %d bytes is cut to %d: %v %v", f, n, len(whole), ok, err)
			}
		}
	}
}
