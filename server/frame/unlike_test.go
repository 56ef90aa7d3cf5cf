package frame

import (
	"bytes"
	"testing"
)

// TestDeclaredKnowsNoLimit: a frame of the longest and of the shortest length that the field can say.
func TestDeclaredKnowsNoLimit(t *testing.T) {
	for _, c := range []struct {
		spec  string
		begun string
		total uint64
		known bool
	}{
		{"len16", "\x00\x00", 2, true},
		{"len16", "\xff\xff", 2 + 65535, true},
		{"len16", "\xff", 0, false},
		{"len32", "\xff\xff\xff\xff and more", 4 + 1<<32 - 1, true},
		{"len32be", "\x00\x00\x01\x00", 4 + 256, true},
		{"id16", "\x00\x00", 2, true}, // less than its own header
		{"net", "\x77\x00\x00", 5, true},
		{"line", "something", 0, false},
		{"raw", "something", 0, false},
	} {
		if total, known := must(t, c.spec).Declared([]byte(c.begun)); total != c.total || known != c.known {
			t.Errorf("%s %q: %d, %v", c.spec, c.begun, total, known)
		}
	}
}

// TestDeclaredIsTheFrames: what Declared says of a right frame is its size.
func TestDeclaredIsTheFrames(t *testing.T) {
	for name, text := range examples {
		f, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Stream || f.Text() {
			continue
		}
		v := Values{Client: 7, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
		whole := f.Request.End(append(f.Request.Begin(nil, &v, 100), letters(100)...), 0, &v)
		if total, known := f.Declared(whole); total != uint64(len(whole)) || !known {
			t.Errorf("%s: %d, %v, of %d", name, total, known, len(whole))
		}
	}
}

func TestWithoutSession(t *testing.T) {
	f, err := Parse("typed", examples["typed"])
	if err != nil {
		t.Fatal(err)
	}
	bare := f.WithoutSession()
	if len(bare.Session) != 0 || bare.Server().Awaits(0) != 0 || bare.Server().Greetings(-1, &Values{}) != nil {
		t.Errorf("it knows of a session: %+v", bare.Session)
	}
	if len(f.Session) != 2 || f.Server().Awaits(0) != 0 || len(f.Server().Greetings(0, &Values{})) != 1 {
		t.Errorf("the format itself is changed: %+v", f.Session)
	}
	v := Values{Client: 7, Random: 5}
	ask := f.Request.End(append(f.Request.Begin(nil, &v, 8), letters(8)...), 0, &v)
	packet, wrong := bare.Packet(nil, ask)
	if wrong != nil {
		t.Fatal(wrong)
	}
	if what, p := bare.Server().Look(packet, 0); what != AnEcho || !bytes.Equal(p.Payload, letters(8)) {
		t.Errorf("%v %+v", what, p)
	}
}
