package main

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// scripted is a link to a child that says what a test has it say.
type scripted struct {
	*link
	orders *json.Decoder
	out    io.Closer
	words  *json.Encoder
}

func script() scripted {
	orders, in := io.Pipe()
	out, words := io.Pipe()
	return scripted{newLink(in, out), json.NewDecoder(orders), words, json.NewEncoder(words)}
}

// answer reads an order and says something.
func (s scripted) answer(t *testing.T, w word) (o order) {
	t.Helper()
	if err := errors.Join(s.orders.Decode(&o), s.words.Encode(w)); err != nil {
		t.Error(err)
	}
	return o
}

func excerptOf(n int) word {
	return word{Answer: &trace.Excerpt{Start: time.Now(), Reach: time.Duration(n)}}
}

// TestASilentChildIsAskedOnce: as long as it owes an answer nothing more is asked; when that has
// come, the next answer is the next question's.
func TestASilentChildIsAskedOnce(t *testing.T) {
	s := script()
	asked := make(chan order)
	go func() {
		var o order
		_ = s.orders.Decode(&o) // and says nothing
		asked <- o
	}()
	for range 2 {
		if _, err := s.ask(order{What: orderRecords}, time.Millisecond); !errors.Is(err, errSilent) {
			t.Errorf("an answer, or %v", err)
		}
	}
	if o := <-asked; o.What != orderRecords {
		t.Errorf("asked %+v", o)
	}
	if err := s.words.Encode(excerptOf(1)); err != nil { // at last
		t.Fatal(err)
	}
	// Once this is read, follow has got over the answer.
	if err := s.words.Encode(word{Server: &monitor.Server{Audited: true}}); err != nil {
		t.Fatal(err)
	}
	<-s.audited
	at := time.Now()
	go func() {
		if o := s.answer(t, excerptOf(2)); o.What != orderSteps || o.Peer != 7 ||
			o.At.Sub(at).Abs() > time.Second {
			t.Errorf("asked %+v", o)
		}
	}()
	// As Steps asks, but for as long as a machine may stand still.
	if x, err := s.ask(order{What: orderSteps, Peer: 7, At: at}, longest); err != nil || x.Reach != 2 {
		t.Errorf("%v, %v", x.Reach, err)
	}
	s.out.Close()
	s.close()
}

// TestAChildThatEndedIsNotWaitedFor: it has no answer, and without an audit it is not OK.
func TestAChildThatEndedIsNotWaitedFor(t *testing.T) {
	for _, audited := range []bool{true, false} {
		s := script()
		go func() {
			last := &monitor.Server{Accepted: 3, Released: 3, Audited: audited}
			if o := s.answer(t, word{Server: last}); o.What != orderRecords {
				t.Errorf("asked %+v", o)
			}
			s.out.Close()
			_ = s.orders.Decode(new(order)) // what comes after its end
		}()
		for range 2 {
			if _, err := s.ask(order{What: orderRecords}, longest); !errors.Is(err, errNoProcess) {
				t.Errorf("an answer, or %v", err)
			}
		}
		s.stop()
		var snap monitor.Snapshot
		s.Collect(&snap)
		if snap.Server == nil || snap.Server.OK() != audited || (snap.Server.Ended == "") != audited ||
			!snap.Bundled {
			t.Errorf("audited %v: %+v", audited, snap.Server)
		}
		s.close()
	}
}
