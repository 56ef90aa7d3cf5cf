package frame

import (
	"encoding/binary"
	"hash/crc32"
)

// sumFunc is a checksum: begin is its value over nothing, add goes on with more bytes.
type sumFunc struct {
	width int // bytes in binary
	begin uint32
	add   func(sum uint32, b []byte) uint32
}

// sums are the checksums by name.
//
//	sum8     the bytes added up
//	xor8     the bytes combined by exclusive or
//	crc16    CRC-16/MODBUS: polynomial 0x8005 reflected, begins with 0xffff
//	crc32    CRC-32 of IEEE 802.3, as in zip
//	adler32  RFC 1950
var sums = map[string]*sumFunc{
	"sum8":    {1, 0, addSum8},
	"xor8":    {1, 0, addXor8},
	"crc16":   {2, 0xffff, addCRC16},
	"crc32":   {4, 0, func(s uint32, b []byte) uint32 { return crc32.Update(s, crc32.IEEETable, b) }},
	"adler32": {4, 1, addAdler},
}

const sumNames = "sum8, xor8, crc16, crc32, adler32"

// addSum8 adds eight bytes at a time, in four lanes of eight bits that have eight more to carry into.
func addSum8(s uint32, b []byte) uint32 {
	const even = 0x00ff00ff00ff00ff
	var lanes uint64
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		lanes = (lanes + w&even + w>>8&even) & even
	}
	s += uint32(lanes + lanes>>16 + lanes>>32 + lanes>>48)
	for _, c := range b {
		s += uint32(c)
	}
	return s & 0xff
}

func addXor8(s uint32, b []byte) uint32 {
	var w uint64
	for ; len(b) >= 8; b = b[8:] {
		w ^= binary.LittleEndian.Uint64(b)
	}
	w ^= w >> 32
	w ^= w >> 16
	w ^= w >> 8
	s ^= uint32(byte(w))
	for _, c := range b {
		s ^= uint32(c)
	}
	return s
}

var crc16Table = func() (t [256]uint16) {
	for i := range t {
		x := uint16(i)
		for range 8 {
			if x&1 != 0 {
				x = x>>1 ^ 0xa001
			} else {
				x >>= 1
			}
		}
		t[i] = x
	}
	return t
}()

func addCRC16(s uint32, b []byte) uint32 {
	x := uint16(s)
	for _, c := range b {
		x = x>>8 ^ crc16Table[byte(x)^c]
	}
	return uint32(x)
}

// addAdler is Adler-32: package hash/adler32 cannot go on from a sum.
func addAdler(s uint32, b []byte) uint32 {
	const mod, most = 65521, 5552 // so many bytes fit before a remainder must be taken
	lo, hi := s&0xffff, s>>16
	for len(b) > 0 {
		n := min(len(b), most)
		for _, c := range b[:n] {
			lo += uint32(c)
			hi += lo
		}
		lo, hi, b = lo%mod, hi%mod, b[n:]
	}
	return hi<<16 | lo
}
