package frame

import (
	"testing"
)

// TestPacketsOfTheLimitsTravel, and those beyond them do not.
func TestPacketsOfTheLimitsTravel(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) {
		least, most := f.PacketSizes()
		for _, n := range []int{least, least + 1, most - 1, most} {
			if n == 0 && f.Text() {
				continue
			}
			whole := f.AppendPacket(nil, letters(n), 5)
			got, rest, ok, err := f.Next(append(whole, 'x'))
			if f.Stream {
				rest = rest[:0]
				got = got[:len(got)-1]
			}
			if !ok || err != nil || len(got) != n+f.Overhead() || !f.Stream && string(rest) != "x" {
				t.Fatalf("a packet of %d bytes: %d bytes cut, %v %v", n, len(got), ok, err)
			}
			if room := f.Scratch(len(got)); room > MaxScratch {
				t.Errorf("%d bytes of room", room)
			}
		}
		if f.Stream {
			return
		}
		if least > f.wire.size {
			if _, _, ok, err := f.Next(f.AppendPacket(nil, letters(least-1), 5)); ok || err == nil {
				t.Errorf("a packet of %d bytes is cut", least-1)
			}
		}
		packet := make([]byte, most+1)
		for i := range packet {
			packet[i] = 'a'
		}
		if got, _, ok, err := f.Next(f.AppendPacket(nil, packet, 5)); ok && err == nil &&
			len(got) == len(packet)+f.Overhead() {
			t.Errorf("a packet of %d bytes is cut", most+1)
		}
	})
}

// TestBare: what has constants or checksums around its packet is not.
func TestBare(t *testing.T) {
	for spec, want := range map[string]bool{
		"raw": false, "len16": false, "len32be": false, "line": false, "crlf": false, "net": true,
	} {
		if got := must(t, spec).Bare(); got == want {
			t.Errorf("%s: %v", spec, got)
		}
	}
}
