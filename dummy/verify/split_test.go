package verify

import (
	"testing"
)

func TestCutsAreFewAndAnywhere(t *testing.T) {
	p := NewPattern(11, len16, 8, 64)
	const sends, n = 100_000, 1000
	cut, short := 0, 0
	for send := range uint64(sends) {
		got := p.NextCut(Ident{1, 1}, send, n)
		if got != p.NextCut(Ident{1, 1}, send, n) {
			t.Fatal("not a pure function")
		}
		if got < 1 || got > n {
			t.Fatalf("cut of %d bytes at %d", n, got)
		}
		if got < n {
			cut++
		}
		if got <= 16 {
			short++
		}
	}
	if want := sends / splitOneIn; cut < want*9/10 || cut > want*11/10 || short < cut*4/10 {
		t.Errorf("%d of %d sends cut, %d within 16 bytes", cut, sends, short)
	}
	for n := 1; n < 20; n++ {
		seen := map[int]bool{}
		for send := range uint64(20_000) {
			seen[p.NextCut(Ident{1, 2}, 1+send, n)] = true
		}
		if len(seen) != n {
			t.Errorf("%d bytes are cut at %d places", n, len(seen))
		}
	}
}

// TestTheFirstSendIsNotCutWithinAWord: see MinFirstSend.
func TestTheFirstSendIsNotCutWithinAWord(t *testing.T) {
	p := NewPattern(11, len16, 8, 64)
	cut := 0
	for client := range uint32(100_000) {
		got := p.NextCut(Ident{client, 1}, 0, 40)
		if got < MinFirstSend {
			t.Fatalf("client %d: cut at %d", client, got)
		}
		if got < 40 {
			cut++
		}
	}
	if cut < 100_000/splitOneIn*9/10 {
		t.Errorf("%d first sends are cut", cut)
	}
}
