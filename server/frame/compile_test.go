package frame

import "testing"

// TestLengthsCountWhatTheyShould: body, rest or frame, more or less some.
func TestLengthsCountWhatTheyShould(t *testing.T) {
	for counts, want := range map[string]byte{ // of a frame of 2 + 1 + 3 + 4 + 5 bytes
		"body": 4, "rest": 12, "frame": 15,
		"body, plus: 3": 7, "rest, plus: -12": 0, "frame, plus: -1": 14, "body, plus: -4": 0,
	} {
		f, err := Parse("x", "frame: [{size: 2, fill: 1}, {id: n, type: u1, counts: "+counts+"}, {size: 3, fill: 3}, "+
			"{id: body}, {size: 5, fill: 5}]\n")
		if err != nil {
			t.Fatal(err)
		}
		whole := f.AppendPacket(nil, []byte("abcd"), 0)
		if len(whole) != 15 || whole[2] != want {
			t.Errorf("%s: %x, want %d", counts, whole, want)
		}
		got, rest, ok, err := f.Next(append(whole, "more"...))
		if !ok || err != nil || len(got) != 15 || string(rest) != "more" {
			t.Errorf("%s: %x %q %v %v", counts, got, rest, ok, err)
		}
		if most := f.MaxPayload(); most > 255+4 || most < 255-12 {
			t.Errorf("%s: payloads to %d", counts, most)
		}
	}
}

// TestSumsOfWhatTravels: one checksum over plain bytes and one over ciphered ones.
func TestSumsOfWhatTravels(t *testing.T) {
	f, err := Parse("x", `
frame:
  - {id: n, type: u1, counts: body}
  - {id: sent, type: u1, value: sum8(body), over: ciphered}
  - {id: meant, type: u1, value: sum8(body), over: plain}
  - {id: body}
process: {xor: {key: [0x10, 0x20], from: meant}}
`)
	if err != nil {
		t.Fatal(err)
	}
	// plain: meant 03, body 01 02; sent: 13, 21 12
	want := "\x02\x33\x13\x21\x12"
	got := f.AppendPacket(nil, []byte{1, 2}, 0)
	if string(got) != want {
		t.Fatalf("%x, want %x", got, want)
	}
	for at, field := range []string{"", "sent", "meant", "sent", "sent"} {
		bad := []byte(want)
		bad[at] ^= 4
		if _, wrong := f.Packet(nil, bad); field != "" && (wrong == nil || wrong.Field != field) {
			t.Errorf("byte %d: %v", at, wrong)
		}
	}
}
