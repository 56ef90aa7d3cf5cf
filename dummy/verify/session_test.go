package verify

import (
	"slices"
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// game has a session of several steps, a heartbeat, and packets to ignore that are longer than answers.
var game = described(`
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request:
  body:
    - {id: type, type: u2le, contents: 5000}
    - {id: serial, type: u4le, value: sequence, counts: packets}
    - {id: payload}
answer: {body: [{id: type, type: u2le, contents: 5001}, {id: payload}]}
session:
  - expect: {body: [{id: type, type: u2le, contents: 1000}, {id: welcome, contents: "hello"}]}
  - send:
      body:
        - {id: type, type: u2le, contents: 1001}
        - {id: who, type: u8le, value: client}
        - {id: n, type: u4le, value: connection}
        - {id: serial, type: u4le, value: sequence, counts: packets}
  - send:
      body:
        - {id: type, type: u2le, contents: 1003}
        - {id: serial, type: u4le, value: sequence, counts: packets}
  - expect:
      body:
        - {id: type, type: u2le, contents: 1002}
        - {id: who, type: u8le, value: client}
        - {id: status, size: 1, any: true}
  - send: {body: [{id: type, type: u2le, contents: 1004}]}
heartbeat:
  every: 30s
  send:
    body:
      - {id: type, type: u2le, contents: 5002}
      - {id: serial, type: u4le, value: sequence, counts: packets}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
  - {body: [{type: u2le, contents: 6001}, {size: 300, any: true}]}
`)

// greeting is the stream without frames, with a session whose steps are shorter than a message.
var greeting = described(`
stream: true
session:
  - expect: {body: [{contents: "hi\n"}]}
  - send: {body: [{contents: "user "}, {type: digits, size: 4, value: client}, {contents: "\n"}]}
  - expect: {body: [{contents: "welcome "}, {type: digits, size: 4, value: client}, {contents: "\n"}]}
`)

// sessions are formats with a session of their own.
var sessions = append(builtIn(func(f *frame.Format) bool { return len(f.Session) > 0 }), game, greeting)

// ignorable is a packet that the game may send at any time: of n bytes, or of the kind that has 300.
func ignorable(n int) []byte {
	v := frame.Values{Random: 3}
	if n == 300 {
		m := game.Ignore[1]
		return m.End(m.Begin(nil, &v, 0), 0, &v)
	}
	packet := append([]byte{0x70, 0x17}, make([]byte, n)...)
	return game.AppendPacket(nil, packet, 5)
}

// says are the dummy's own steps that it may send now. They count as sent.
func (g *rig) says() (steps []int) {
	for m := g.st.Says(g.v); m != nil; m = g.st.Says(g.v) {
		steps = append(steps, slices.IndexFunc(g.p.format.Session, func(s frame.Step) bool { return s.Message == m }))
		g.st.Said()
	}
	return steps
}

// noted keeps the notes of the faults that a stream is accused of.
type noted struct {
	*recorder
	notes *[]string
}

func (n noted) Fault(id Ident, ev *monitor.Evidence) {
	*n.notes = append(*n.notes, ev.Note)
	n.recorder.Fault(id, ev)
}

// notes has the rig's notes kept.
func (g *rig) notes() *[]string {
	n := noted{g.r, new([]string)}
	g.v.out = n
	return n.notes
}

// TestSteps: a step may be sent when what stands before it came, wherever the network cuts.
func TestSteps(t *testing.T) {
	whole := newRig(t, NewPattern(42, game, 8, 64), true)
	stream := join(whole.expected(0), whole.expected(3))
	first := len(whole.expected(0))
	for at := range len(stream) {
		g := newRig(t, NewPattern(42, game, 8, 64), true)
		g.hear(0, stream[:at])
		want, steps := 0, g.says()
		if at >= first {
			want = 3
		}
		if g.st.Step() != want || want == 0 && steps != nil || g.st.SessionDone(g.v) {
			t.Fatalf("after %d bytes: step %d, done %v", at, g.st.Step(), g.st.SessionDone(g.v))
		}
		g.hear(0, stream[at:])
		if got := append(steps, g.says()...); !slices.Equal(got, []int{1, 2, 4}) || !g.st.SessionDone(g.v) {
			t.Fatalf("cut at %d: %v, done %v", at, got, g.st.SessionDone(g.v))
		}
		g.hear(2, g.echoes(1, 2))
		g.stepExpired()
		if g.wantFaults(t); g.r.count("echoed") != 2 || g.st.tail != nil {
			t.Fatalf("%q", g.r.story)
		}
		if g.st.Begin(g.v); g.says() != nil || g.st.Step() != 0 {
			t.Fatal("a new connection does not begin its session anew")
		}
	}
}

// TestASessionOfSendsAlone is over at once.
func TestASessionOfSendsAlone(t *testing.T) {
	f := described("frame: [{id: length, type: u1, counts: body}, {id: body}]\n" +
		"session: [{send: {body: [{contents: one}]}}, {send: {body: [{contents: two}]}}]")
	g := newRig(t, NewPattern(1, f, 8, 8), true)
	if steps := g.says(); !slices.Equal(steps, []int{0, 1}) || !g.st.SessionDone(g.v) {
		t.Errorf("%v", steps)
	}
	g.stepExpired()
	g.wantFaults(t)
}

// TestWhatIsSentBesidesEchoes: a field that counts packets counts all of them, whatever they are for.
func TestWhatIsSentBesidesEchoes(t *testing.T) {
	p := NewPattern(7, game, 16, 16)
	s := game.Server()
	serials := func(wire []byte, awaits int) (what frame.What, v frame.Values) {
		whole, rest, ok, err := game.Next(wire)
		if !ok || err != nil || len(rest) > 0 {
			t.Fatal(ok, err, rest)
		}
		packet, wrong := game.Packet(nil, whole)
		if wrong != nil {
			t.Fatal(wrong)
		}
		what, parts := s.Look(packet, awaits)
		return what, parts.Values
	}
	for i, c := range []struct {
		wire   []byte
		awaits int
		what   frame.What
	}{
		{p.AppendOther(nil, game.Session[1].Message, me, 0, 1), 1, frame.AStep},
		{p.AppendOther(nil, game.Session[2].Message, me, 0, 2), 2, frame.AStep},
		{p.Append(nil, me, 1, 2), 5, frame.AnEcho},
		{p.AppendOther(nil, game.Heartbeat.Message, me, 1, 3), 5, frame.AHeartbeat},
		{p.Append(nil, me, 2, 3), 5, frame.AnEcho},
		{p.Append(nil, me, 3, 3), 5, frame.AnEcho},
		{p.AppendOther(nil, game.Heartbeat.Message, me, 3, 4), 5, frame.AHeartbeat},
	} {
		what, v := serials(c.wire, c.awaits)
		if what != c.what || v.Packet != uint64(i+1) {
			t.Errorf("packet %d: %v, %+v", i+1, what, v)
		}
		if i == 0 && (v.Client != me.Client || v.Connection != me.Conn) {
			t.Errorf("%+v", v)
		}
	}
}

// TestBadSteps: each way in which a session goes wrong has its name, and the note names the step.
func TestBadSteps(t *testing.T) {
	p := NewPattern(42, game, 16, 16)
	right := newRig(t, p, true)
	hello, welcome := right.expected(0), right.expected(3)
	damaged := game.AppendPacket(nil, []byte("\xe8\x03hallo"), 5)
	other := game.AppendPacket(nil, []byte("\xea\x03\x05\x00\x00\x00\x00\x00\x00\x00\x01"), 5)
	spoilt := slices.Clone(hello)
	spoilt[4] ^= 1
	for _, c := range []struct {
		name         string
		hear         func(g *rig)
		faults, note string
		in           bool
	}{
		{"right", func(g *rig) { g.hear(0, join(hello, welcome)) }, "", "", true},
		{"wrong constant", func(g *rig) { g.hear(0, damaged) }, "corrupt:0",
			"step 1 of 5 of the session: field welcome: want 68656c6c6f, got 68616c6c6f", false},
		{"wrong constant, then right", func(g *rig) { g.hear(0, join(damaged, hello, welcome)) }, "corrupt:0",
			"step 1 of 5 of the session: field welcome", true},
		{"wrong constant, then what follows", func(g *rig) { g.hear(0, join(damaged, welcome)) }, "corrupt:0",
			"step 1 of 5 of the session: field welcome", true},
		{"another's number", func(g *rig) { g.hear(0, join(hello, other)) }, "corrupt:0",
			"step 4 of 5 of the session: field who: want 4 (0400000000000000), got 5 (05", false},
		{"wrong checksum", func(g *rig) { g.hear(0, spoilt) }, "corrupt:0",
			"step 1 of 5 of the session: field ", false},
		{"other size", func(g *rig) { g.hear(0, game.AppendPacket(nil, []byte("abc"), 5)) }, "corrupt:0",
			"step 1 of 5 of the session: want 12 bytes, got 8", false},
		{"too long", func(g *rig) { g.hear(0, game.AppendPacket(nil, make([]byte, 5000), 5)) }, "corrupt:0",
			"step 1 of 5 of the session: field type: want 1000 (e803), got 0 (0000)", false},
		{"no frame", func(g *rig) { g.hear(0, []byte("HTTP/1.1 400 Bad Request")[:12]); g.st.Ended(g.upTo(0)) },
			"corrupt:0", "step 1 of 5 of the session: field code: want 119 (77), got 72 (48)", false},
		{"empty frame", func(g *rig) { g.hear(0, []byte{0x77, 0, 0, 1, 1}) },
			"corrupt:0", "step 1 of 5 of the session: field length: want a frame of 6 to ", false},
		{"the clock", func(g *rig) { g.hear(0, hello); g.stepExpired(); g.stepExpired() }, "login_missing:0",
			"step 4 of 5 of the session", false},
		{"the clock in a frame", func(g *rig) { g.hear(0, hello[:7]); g.stepExpired() }, "login_missing:0",
			"step 1 of 5 of the session", false},
		{"an echo", func(g *rig) { g.hear(1, join(hello, g.echoes(1, 1))) }, "login_missing:0",
			"step 4 of 5 of the session", false},
		{"twice", func(g *rig) { g.hear(0, join(hello, hello, welcome)) }, "login_duplicate:0",
			"step 1 of 5 of the session", true},
		{"later once more", func(g *rig) {
			g.hear(2, join(hello, welcome, g.echoes(1, 1), welcome, g.echoes(2, 2)))
		}, "login_duplicate:0", "step 4 of 5 of the session", true},
		{"ended inside", func(g *rig) { g.hear(0, join(hello, welcome[:9])); g.st.Ended(g.upTo(0)) },
			"truncated:0", "step 4 of 5 of the session", false},
		{"closed inside", func(g *rig) { g.hear(0, join(hello, welcome[:9])); g.st.Closing(g.upTo(0)) }, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig(t, p, true)
			notes := g.notes()
			c.hear(g)
			if got := strings.Join(g.r.faults, " "); got != c.faults || g.st.SessionDone(g.v) != c.in ||
				c.faults != "" && !strings.HasPrefix((*notes)[0], c.note) {
				t.Errorf("%q, %q, done %v", got, *notes, g.st.SessionDone(g.v))
			}
			if g.r.count("lost") != 0 {
				t.Errorf("a step has cost an echo: %q", g.r.story)
			}
		})
	}
}

// TestStepsOfAStream: without frames a step ends where its bytes end, also one that is shorter than any
// message.
func TestStepsOfAStream(t *testing.T) {
	p := NewPattern(42, greeting, 16, 16)
	for _, c := range []struct {
		name   string
		stream string
		faults string
		note   string
		in     bool
	}{
		{"right", "hi\nwelcome 0004\n", "", "", true},
		{"wrong", "ho\nwelcome 0004\n", "corrupt:0", "step 1 of 3 of the session: field constant", false},
		{"another's", "hi\nwelcome 0005\n", "corrupt:0", "step 3 of 3 of the session: field client", false},
		{"missing", "hi\n", "login_missing:0", "step 3 of 3 of the session", false},
		{"twice", "hi\nwelcome 0004\nwelcome 0004\n", "login_duplicate:0", "step 3 of 3 of the session", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for at := range len(c.stream) {
				g := newRig(t, p, true)
				notes := g.notes()
				g.hear(0, []byte(c.stream), at)
				if !g.st.SessionDone(g.v) {
					g.stepExpired()
				}
				g.hear(2, g.echoes(1, 2))
				if got := strings.Join(g.r.faults, " "); got != c.faults || g.st.SessionDone(g.v) != c.in ||
					c.faults != "" && !strings.HasPrefix((*notes)[0], c.note) || g.r.count("echoed") != 2 {
					t.Fatalf("cut at %d: %q, %q, done %v\n%q", at, got, *notes, g.st.SessionDone(g.v), g.r.story)
				}
			}
		})
	}
}

// TestALateStepIsNoAnswer: a step that may be anything is whatever comes first, but nothing that comes
// after its time.
func TestALateStepIsNoAnswer(t *testing.T) {
	f := described("frame: [{id: length, type: u2le, counts: body}, {id: body}]\n" +
		"session: [{expect: {body: [{rest: any}]}}]")
	p := NewPattern(42, f, 16, 16)
	g := newRig(t, p, true)
	g.hear(0, f.AppendPacket(nil, []byte("whatever"), 0))
	if g.wantFaults(t); !g.st.SessionDone(g.v) || g.st.StepFailed(g.v) {
		t.Error("not done")
	}
	g = newRig(t, p, true)
	if g.st.StepFailed(g.v) {
		t.Error("failed before its time")
	}
	if g.stepExpired(); !g.st.StepFailed(g.v) {
		t.Error("it came not, and has not failed")
	}
	wrong := g.echoes(3, 3)
	wrong[len(wrong)-1] ^= 1
	g.hear(4, join(g.echoes(2, 2), g.echoes(1, 1), wrong, g.echoes(4, 4)))
	g.wantFaults(t, "login_missing:0", "reordered:1", "corrupt:3")
}

// TestPacketsToIgnore: they are no fault at any time, of whatever size, wherever they are cut, and whether
// they are whole when the connection ends or not.
func TestPacketsToIgnore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newRig(t, NewPattern(42, game, 8, 64), true)
		var stream []byte
		count := 0
		some := func() {
			for range rapid.IntRange(0, 2).Draw(t, "how many") {
				n := rapid.SampledFrom([]int{0, 1, 60, 300, 5000, 65000}).Draw(t, "size")
				stream = append(stream, ignorable(n)...)
				count++
			}
		}
		some()
		stream = append(stream, g.expected(0)...)
		some()
		stream = append(stream, g.expected(3)...)
		const sent = 4
		for seq := uint64(1); seq <= sent; seq++ {
			some()
			stream = append(stream, g.echoes(seq, seq)...)
		}
		some()
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 30).Draw(t, "cuts")
		slices.Sort(cuts)
		g.hear(sent, stream, cuts...)
		g.st.Feed(g.upTo(sent), ignorable(5000)[:rapid.IntRange(0, 5000).Draw(t, "part")])
		rapid.SampledFrom([]func(Judgement){g.st.DrainOver, g.st.Closing}).Draw(t, "end")(g.upTo(sent))
		g.st.Closing(g.upTo(sent))
		ignored := 0
		for _, s := range g.r.story {
			if s == "ignored" {
				ignored++
			}
		}
		if len(g.r.faults) != 0 || g.r.count("echoed") != sent || ignored < count || ignored > count+1 ||
			!g.st.SessionDone(g.v) {
			t.Fatalf("%q, %d echoed, %d of %d ignored", g.r.faults, g.r.count("echoed"), ignored, count)
		}
	})
}

// TestAPacketToIgnoreThatIsWrong is not ignored.
func TestAPacketToIgnoreThatIsWrong(t *testing.T) {
	for name, wrong := range map[string][]byte{
		"size":     game.AppendPacket(nil, append([]byte{0x71, 0x17}, make([]byte, 299)...), 5),
		"checksum": func() []byte { b := ignorable(10); b[len(b)-1] ^= 1; return b }(),
		"type":     game.AppendPacket(nil, []byte{0x72, 0x17, 1, 2}, 5),
	} {
		g := newRig(t, NewPattern(42, game, 8, 64), true)
		notes := g.notes()
		g.hear(0, g.session())
		g.hear(1, join(g.echoes(1, 1), wrong))
		g.wantFaults(t, "unsolicited:0")
		if !strings.Contains((*notes)[0], "field ") {
			t.Errorf("%s: %q", name, *notes)
		}
	}
}
