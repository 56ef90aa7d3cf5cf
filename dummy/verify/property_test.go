package verify

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryEchoGoesOneWay: whatever a server sends, and whenever the dummy settles its books, each
// echo goes owed → echoed or owed → lost once, and from lost to echoed at most once (recorder.move),
// and no other echo is named. What is owed and what was told add up all the time (rig.check).
func TestEveryEchoGoesOneWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		p := NewPattern(rapid.Uint64().Draw(t, "seed"), anyFormat(t), s[0], s[1])
		g := newRig(t, p, rapid.Bool().Draw(t, "login"))
		sent := uint64(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			any := rapid.Uint64Range(1, sent+2).Draw(t, "any")
			switch rapid.IntRange(0, 8).Draw(t, "step") {
			case 0, 1:
				sent += rapid.Uint64Range(1, 4).Draw(t, "more")
			case 2, 3:
				g.hear(sent, g.echoes(any, any))
			case 4:
				g.hear(sent, g.echoes(g.st.next, sent))
			case 5:
				g.hear(sent, mutilate(t, g, sent, false))
			case 6:
				part := g.echoes(any, any)
				g.hear(sent, part[:rapid.IntRange(0, len(part)).Draw(t, "part")])
			case 7:
				g.settle()
			case 8:
				g.st.DrainOver(g.upTo(sent))
			}
			g.check(sent)
		}
		end := rapid.SampledFrom([]func(Judgement){g.st.Ended, g.st.Closing}).Draw(t, "end")
		end(g.upTo(sent))
		g.settle()
		g.check(sent)
		if owed := g.st.Owed(nil, sent); len(owed) > 1 || len(owed) == 1 && owed[0].Last != sent {
			t.Fatalf("of %d sent, %v is owed after the end", sent, owed)
		}
	})
}

// TestNoFlippedBitIsTakenForRight flips each bit of an echo among others, and of the login packet.
func TestNoFlippedBitIsTakenForRight(t *testing.T) {
	eachFormat(t, true, func(t *testing.T, g *rig) {
		login, first, second, third := g.framed([]byte(loginPacket)), g.echoes(1, 1), g.echoes(2, 2), g.echoes(3, 3)
		for bit := range 8 * (len(login) + len(second)) {
			g := newRig(t, g.p, true)
			stream := join(login, second, first, third)
			stream[bit/8] ^= 1 << (bit % 8)
			if g.stillRight(2, stream[len(login):len(login)+len(second)]) && bit/8 >= len(login) {
				continue // any value is right there
			}
			stream = join(stream[:len(login)], first, stream[len(login):len(login)+len(second)], third)
			g.hear(3, stream)
			g.settle()
			g.st.Ended(g.upTo(3))
			switch {
			case len(g.r.faults) == 0:
				t.Fatalf("bit %d: no fault", bit)
			case bit/8 < len(login) && g.st.SessionDone(g.v):
				t.Fatalf("bit %d: done by another packet", bit)
			case bit/8 >= len(login) && g.r.state[2] == "echoed":
				t.Fatalf("bit %d: echoed, and %q", bit, g.r.faults)
			}
		}
	})
}

// TestEveryPayloadHasItsTrueOwner: the owner of another's payload is found, by the whole payload and
// by its beginning. If there may be nothing after the first word, only the low bits of the sequence
// are sure.
func TestEveryPayloadHasItsTrueOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(sizeRanges[:4]).Draw(t, "sizes")
		f := rapid.SampledFrom(formats).Draw(t, "format")
		p := NewPattern(rapid.Uint64().Draw(t, "seed"), f, s[0], s[1])
		now := rapid.Uint32Min(1).Draw(t, "now")
		sent := rapid.Uint64Range(1, 1<<40).Draw(t, "sent")
		back := rapid.Uint32Range(0, min(now, 1<<(p.connBits-4))-1).Draw(t, "connections before")
		who := Ident{rapid.Uint32Range(0, MaxClients-1).Draw(t, "client"), now - back}
		seq := rapid.Uint64Range(1, maxOwnerSeq).Draw(t, "seq")
		if back == 0 && rapid.Bool().Draw(t, "lately") {
			seq = sent - rapid.Uint64Range(0, min(sent-1, 4096)).Draw(t, "of the last")
		}
		judged := Ident{who.Client, now} // an earlier connection of its own
		if rapid.Bool().Draw(t, "another's") {
			judged = Ident{(who.Client + 1) % MaxClients, rapid.Uint32Min(1).Draw(t, "conn")}
		}
		if who == judged {
			seq = sent - rapid.Uint64Range(0, min(sent-1, 1<<(p.seqBits-1))).Draw(t, "own")
		}
		j := Judgement{New(p, rosterOf{now, sent}, discard{}), judged, sent}
		payload := p.appendPayload(nil, p.message(who, seq), 0, p.size(who, seq))
		n := rapid.IntRange(MinSize, len(payload)).Draw(t, "n")
		for _, exact := range []bool{true, false} {
			b, sure := payload, len(payload) >= 2*MinSize
			if !exact {
				b, sure = payload[:n], s[0] >= 2*MinSize && n >= 2*MinSize
			}
			e, low := j.owner(b, exact), uint64(1)<<p.seqBits-1
			if e.Ident != who || e.seq&low != seq&low || sure && (e.seq != seq || e.size != len(payload)) {
				t.Fatalf("%d of %v is taken for %+v", seq, who, e)
			}
		}
	})
}

// FuzzRight: no right stream is accused, wherever it is cut, and none leaves memory behind.
func FuzzRight(f *testing.F) {
	for i := range all {
		f.Add(uint64(1), uint8(i), false, uint16(8), uint16(8), []byte{1})
		f.Add(uint64(2), uint8(i), true, uint16(8), uint16(64), []byte{3, 0, 200})
		f.Add(uint64(3), uint8(i), i%2 == 0, uint16(9), uint16(300), []byte{7, 7, 7})
	}
	f.Fuzz(func(t *testing.T, seed uint64, how uint8, login bool, a, b uint16, steps []byte) {
		format := all[int(how)%len(all)]
		mod := min(1024, format.MaxPayload()+1)
		least, most := max(MinSize, int(min(a, b))%mod), max(MinSize, int(max(a, b))%mod)
		p := NewPattern(seed, format, min(least, most), max(least, most))
		g := newRig(t, p, login)
		const sent = 20
		stream := g.echoes(1, sent)
		if login {
			stream = append(g.session(), stream...)
		}
		var cuts []int
		for at, i := 0, 0; i < len(steps); i++ {
			at += int(steps[i])
			cuts = append(cuts, min(at, len(stream)))
		}
		g.hear(sent, stream, cuts...)
		g.st.Closing(g.upTo(sent))
		g.settle()
		if len(g.r.faults) != 0 || g.r.count("echoed") != sent || g.st.tail != nil {
			t.Fatalf("cut at %v: %q, %d echoed", cuts, g.r.faults, g.r.count("echoed"))
		}
	})
}

// FuzzOwner: whatever the bytes are, the owner that is named would have sent exactly these.
func FuzzOwner(f *testing.F) {
	p := NewPattern(1, raw, 8, 64)
	for _, id := range []Ident{me, {4, 4}, {2, 3}} {
		f.Add(uint8(0), p.appendPayload(nil, p.message(id, 7), 0, p.size(id, 7)))
	}
	for i := range all {
		f.Add(uint8(i), []byte("0123456789"))
	}
	f.Fuzz(func(t *testing.T, how uint8, b []byte) {
		if len(b) < MinSize {
			return
		}
		p := NewPattern(1, all[int(how>>1)%len(all)], 8, 64)
		exact := how&1 != 0
		e := Judgement{New(p, testRoster{}, discard{}), me, 100}.owner(b, exact)
		if e.Conn == 0 {
			return
		}
		whole := p.appendPayload(nil, p.message(e.Ident, e.seq), 0, e.size)
		n := min(len(whole), len(b))
		if !slices.Equal(whole[:n], b[:n]) || exact && len(whole) != len(b) {
			t.Fatalf("%x is not %+v: %x", b, e, whole)
		}
	})
}

// FuzzDamage: a frame of which one byte is changed is never taken for right.
func FuzzDamage(f *testing.F) {
	for i := range all {
		f.Add(uint64(1), uint8(i), uint16(0), byte(1))
		f.Add(uint64(1), uint8(i), uint16(9), byte('\n'))
	}
	f.Fuzz(func(t *testing.T, seed uint64, how uint8, at uint16, by byte) {
		g := newRig(t, NewPattern(seed, all[int(how)%len(all)], 8, 64), false)
		stream := g.echoes(1, 1)
		stream[int(at)%len(stream)] ^= by
		g.hear(1, stream)
		g.st.Ended(g.upTo(1))
		if right := len(g.r.faults) == 0; right != g.stillRight(1, stream) || right != (g.r.state[1] == "echoed") {
			t.Fatalf("byte %d changed by %#x: %q, %v", at, by, g.r.faults, g.r.state)
		}
	})
}
