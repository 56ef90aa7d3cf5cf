package frame

import (
	"testing"
)

// costly are the formats whose cost is measured; described is a header of constants, type and length.
func costly(tb testing.TB) map[string]*Format {
	described, err := Parse("described", `
title: magic, type and length, no cipher
frame:
  - {id: magic, contents: [0x89, 0x77]}
  - {id: type, type: u2le}
  - {id: length, type: u2le, counts: body}
  - {id: body}
request: {type: 1, body: [{id: payload}]}
answer: {type: 2, body: [{id: payload}]}
`)
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]*Format{"len16": must(tb, "len16"), "net": must(tb, "net"), "line": must(tb, "line"),
		"id16": must(tb, "id16"), "described": described, "typed": named(tb, "typed"), "checksums": named(tb,
			"checksums"),
		"text": named(tb, "text"), "digits": named(tb, "digits with spaces")}
}

// roundTrip is one echo in all its parts, with buffers that are used again.
type roundTrip struct {
	f                                                        *Format
	v                                                        Values
	payload, ask, scratch, answer, packet, want, plain, made []byte
}

func newRoundTrip(f *Format) *roundTrip {
	r := &roundTrip{f: f, v: Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5},
		payload: letters(64)}
	for _, b := range []*[]byte{&r.ask, &r.scratch, &r.answer, &r.packet, &r.want, &r.plain, &r.made} {
		*b = make([]byte, 0, 512)
	}
	return r
}

func (r *roundTrip) dummyAsks() {
	b := r.f.Request.Begin(r.ask[:0], &r.v, len(r.payload))
	r.ask = r.f.Request.End(append(b, r.payload...), 0, &r.v)
}

func (r *roundTrip) serverCuts() (packet []byte) {
	whole, _, ok, err := r.f.Next(r.ask)
	if !ok || err != nil {
		panic("not whole")
	}
	packet, wrong := r.f.Packet(r.scratch, whole)
	if wrong != nil {
		panic(wrong.Field)
	}
	return packet
}

func (r *roundTrip) serverAnswers(packet []byte) {
	s := r.f.Server()
	if !s.Identical() {
		what, p := s.Look(packet, s.Awaits(len(r.f.Session)))
		if what != AnEcho {
			panic("no echo")
		}
		r.packet = s.AppendAnswer(r.packet[:0], &p)
		packet = r.packet
	}
	r.answer = r.f.AppendPacket(r.answer[:0], packet, 77)
}

// dummyCompares is what the verifier does where an answer is not compared in place.
func (r *roundTrip) dummyCompares() {
	m := r.f.Answer
	n := m.Carries(len(r.payload))
	r.want = m.Plain(append(m.Begin(r.want[:0], &r.v, n), r.payload[:n]...), 0, &r.v)
	var c Cursor
	r.plain = m.Open(r.plain[:0], &c, r.answer, 0)
	if !m.Same(r.want, r.plain, 0) {
		panic("not the same")
	}
}

// dummyReads is what it does where a right answer is not known before it comes.
func (r *roundTrip) dummyReads() {
	var c Cursor
	r.plain = r.f.Answer.Open(r.plain[:0], &c, r.answer, 0)
	p, ok := r.f.Answer.Read(r.plain)
	if !ok || p.Wrong != nil || r.f.Answer.CheckCiphered(r.answer) != nil || r.f.Answer.WrongValue(&p, &r.v) != nil {
		panic("not right")
	}
}

// TestNothingIsAllocatedForAnEcho in any format.
func TestNothingIsAllocatedForAnEcho(t *testing.T) {
	all := costly(t)
	for name := range examples {
		all[name] = named(t, name)
	}
	for _, name := range Names() {
		all[name] = must(t, name)
	}
	for name, f := range all {
		r := newRoundTrip(f)
		r.dummyAsks()
		packet := r.serverCuts()
		r.serverAnswers(packet)
		for part, do := range map[string]func(){"dummyAsks": r.dummyAsks, "serverCuts": func() { r.serverCuts() },
			"serverAnswers": func() { r.serverAnswers(packet) }, "dummyCompares": r.dummyCompares,
			"dummyReads": r.dummyReads} {
			if part == "dummyCompares" && !f.Answer.Predictable() {
				continue
			}
			if n := testing.AllocsPerRun(50, do); n != 0 {
				t.Errorf("%s: %v allocations of %s", name, n, part)
			}
		}
		for at := 1; at < len(r.ask); at += 7 { // cut in two
			if n := testing.AllocsPerRun(5, func() { _, _, _ = f.Join(r.ask[:at], r.ask[at:]) }); n != 0 {
				t.Errorf("%s: %v allocations of Join at %d", name, n, at)
			}
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	for name, f := range costly(b) {
		r := newRoundTrip(f)
		r.dummyAsks()
		packet := r.serverCuts()
		r.serverAnswers(packet)
		for _, part := range []struct {
			name string
			do   func()
		}{
			{"BeginEnd", r.dummyAsks}, {"NextPacket", func() { r.serverCuts() }}, {"Answer",
				func() { r.serverAnswers(packet) }},
			{"Compare", r.dummyCompares}, {"Read", r.dummyReads},
		} {
			b.Run(name+"/"+part.name, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					part.do()
				}
			})
		}
	}
}
