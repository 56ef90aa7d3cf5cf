package monitor

import "testing"

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
	want := "dummy 3 connection 2 echo 7 at 0µs, byte 1: want 0102 got 0103, " +
		"it belongs to dummy 3 connection 1 echo 9"
	if got := e.Sentence(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	e = Evidence{Fault: LoginMissing, Connection: 1}
	if got, want := e.Sentence(), "dummy 0 connection 1 at 0µs"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
