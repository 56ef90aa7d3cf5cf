package frame

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// slowChain is netchain as its formula stands, one byte after the other. D, P and E count from 1.
func slowChain(d []byte, random, key byte) (e []byte) {
	p := make([]byte, len(d)+1)
	e = make([]byte, len(d)+1)
	for i := 1; i <= len(d); i++ {
		p[i] = d[i-1] ^ (p[i-1] + random + byte(i))
		e[i] = p[i] ^ (e[i-1] + key + byte(i))
	}
	return e[1:]
}

// slowUnchain solves the formula for D.
func slowUnchain(e []byte, random, key byte) (d []byte) {
	was, p := byte(0), byte(0)
	for i, x := range e {
		n := byte(i + 1)
		q := x ^ (was + key + n)
		d = append(d, q^(p+random+n))
		was, p = x, q
	}
	return d
}

func TestTwoChainsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "d")
		random, key := rapid.Byte().Draw(t, "random"), rapid.Byte().Draw(t, "key")
		want := slowChain(d, random, key)
		got := bytes.Clone(d)
		var c chain
		at := rapid.IntRange(0, len(d)).Draw(t, "at")
		c.seal(got[:at], 0, random, key)
		c.seal(got[at:], at, random, key)
		if !bytes.Equal(got, want) || !bytes.Equal(slowUnchain(want, random, key), d) {
			t.Fatalf("%x\n%x", got, want)
		}
		var o chain
		back := make([]byte, len(d))
		o.open(back[:at], want[:at], 0, random, key)
		o.open(back[at:], want[at:], at, random, key)
		if !bytes.Equal(back, d) {
			t.Fatalf("%x, opened %x", d, back)
		}
	})
}

// TestChainOfAFrame knows an answer that was made by hand: key 0x32, random 0x10, "AB" after its sum.
func TestChainOfAFrame(t *testing.T) {
	f := must(t, "net")
	whole := []byte{0x77, 2, 0, 0x10, 'A' + 'B', 'A', 'B'}
	// P = 83^(0+10+1)=92, 41^(92+10+2)=e5, 42^(e5+10+3)=ba; E = 92^(0+32+1)=a1, e5^(a1+32+2)=30, ba^(30+32+3)=df
	want := []byte{0x77, 2, 0, 0x10, 0xa1, 0x30, 0xdf}
	if f.Request.seal(whole); !bytes.Equal(whole, want) {
		t.Errorf("%x, want %x", whole, want)
	}
	if p, wrong := f.Packet(nil, want); wrong != nil || string(p) != "AB" {
		t.Errorf("%q %+v", p, wrong)
	}
}

func TestXorGoesOnWhereItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "d")
		key := rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "key")
		at := rapid.IntRange(0, len(d)).Draw(t, "at")
		got := make([]byte, len(d))
		xorWith(got[:at], d[:at], key, 0)
		xorWith(got[at:], d[at:], key, at)
		for i := range d {
			if got[i] != d[i]^key[i%len(key)] {
				t.Fatalf("byte %d of %x by %x: %x", i, d, key, got)
			}
		}
	})
}
