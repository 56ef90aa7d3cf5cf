package frame

import (
	"testing"

	"pgregory.net/rapid"
)

// slowSums are the checksums as their definitions stand.
var slowSums = map[string]func(b []byte) uint32{
	"sum8": func(b []byte) (s uint32) {
		for _, c := range b {
			s = (s + uint32(c)) % 256
		}
		return s
	},
	"xor8": func(b []byte) (s uint32) {
		for _, c := range b {
			s ^= uint32(c)
		}
		return s
	},
	"crc16":   func(b []byte) uint32 { return slowCRC(b, 0xffff, 0xa001) },
	"crc32":   func(b []byte) uint32 { return ^slowCRC(b, 0xffffffff, 0xedb88320) },
	"adler32": slowAdler,
}

// slowCRC goes bit by bit; poly is reflected.
func slowCRC(b []byte, crc, poly uint32) uint32 {
	for _, c := range b {
		crc ^= uint32(c)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd != 0 {
				crc ^= poly
			}
		}
	}
	return crc
}

func slowAdler(b []byte) uint32 {
	lo, hi := uint32(1), uint32(0)
	for _, c := range b {
		lo = (lo + uint32(c)) % 65521
		hi = (hi + lo) % 65521
	}
	return hi<<16 | lo
}

func TestKnownChecksums(t *testing.T) {
	for name, want := range map[string]uint32{"crc16": 0x4b37, "crc32": 0xcbf43926, "adler32": 0x091e01de,
		"sum8": 0xdd, "xor8": 0x31} {
		s := sums[name]
		if got := s.add(s.begin, []byte("123456789")); got != want || slowSums[name]([]byte("123456789")) != want {
			t.Errorf("%s: %#x, want %#x", name, got, want)
		}
	}
}

func TestTwoChecksumsAgree(t *testing.T) {
	long := make([]byte, 20000)
	for i := range long {
		long[i] = 0xff - byte(i%3)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "b")
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			b = long[rapid.IntRange(0, len(long)).Draw(t, "from"):]
		}
		at := rapid.IntRange(0, len(b)).Draw(t, "at")
		for name, s := range sums {
			if got, want := s.add(s.add(s.begin, b[:at]), b[at:]), slowSums[name](b); got != want {
				t.Fatalf("%s of %d bytes, in two parts at %d: %#x, want %#x", name, len(b), at, got, want)
			}
		}
	})
}
