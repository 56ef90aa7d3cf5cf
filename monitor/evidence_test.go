package monitor

import (
	"strings"
	"testing"
)

func TestEvidenceSentence(t *testing.T) {
	e := Evidence{
		Fault: Duplicate, Client: 3, Connection: 2, Seq: 7, Want: []byte{1, 2}, Got: []byte{1, 2},
		Offset: 2, OwnerClient: 3, OwnerConnection: 2, OwnerSeq: 7,
	}
	// A right echo at a wrong time has no first wrong byte, and is nobody else's.
	if got, want := e.Sentence(), "dummy 3 connection 2 echo 7 at 0µs: 0102"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	e.Fault, e.OwnerConnection, e.OwnerSeq, e.Got, e.Offset = Stale, 1, 9, []byte{1, 3}, 1
	want := "dummy 3 connection 2 echo 7 at 0µs, byte 1: want 01[02] got 01[03], " +
		"it belongs to dummy 3 connection 1 echo 9"
	if got := e.Sentence(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// The difference stands in the middle of what is shown, wherever it is.
	want64 := make([]byte, EvidenceBytes)
	got64 := make([]byte, EvidenceBytes)
	for i := range want64 {
		want64[i], got64[i] = byte(i), byte(i)
	}
	got64[37] = 0xff
	for off, want := range map[int]string{
		37:  "byte 37: want …1d1e1f2021222324[25]262728292a2b2c… got …1d1e1f2021222324[ff]262728292a2b2c…",
		137: "byte 137: want …1d1e1f2021222324[25]262728292a2b2c… got …1d1e1f2021222324[ff]262728292a2b2c…",
	} {
		e = Evidence{Fault: Corrupt, Seq: 1, Connection: 1, Want: want64, Got: got64, Offset: off}
		if got := e.Sentence(); !strings.HasSuffix(got, want) || e.Start() != off-37 {
			t.Errorf("%q, want %q, from %d on", got, want, e.Start())
		}
	}
	e.Want, e.Got, e.Offset = want64, want64[:3], 3
	if got := e.Sentence(); !strings.HasSuffix(got, "want 000102[03]0405060708090a0b0c0d0e0f… got 000102[]") {
		t.Errorf("cut short: %q", got)
	}
	e = Evidence{Fault: LoginMissing, Connection: 1}
	if got, want := e.Sentence(), "dummy 0 connection 1 at 0µs"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
