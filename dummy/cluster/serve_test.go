package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// books stand for the server in a child. The child's clock began an hour before, and is a minute ahead
// of its parent's.
type books struct {
	start     time.Time
	looked    int // how often its figures were looked at
	stopped   bool
	grace     time.Duration
	stopTakes time.Duration
	asked     [2]time.Time
}

const minuteAhead = time.Minute

func newBooks() *books {
	return &books{start: time.Now().Add(minuteAhead - time.Hour)}
}

func (b *books) Collect(_ *monitor.Run, t *monitor.Tally) {
	b.looked++
	t.Server = &monitor.Server{Accepted: uint64(b.looked), Released: uint64(b.looked),
		Audited: b.stopped}
}

func (b *books) Around(peer trace.PeerKey, dialed, at time.Time) (trace.Excerpt, error) {
	b.asked = [2]time.Time{dialed, at}
	x := b.Records()
	x.Reach = time.Duration(peer)
	return x, nil
}

func (b *books) Records() trace.Excerpt {
	return trace.Excerpt{Start: b.start, Read: time.Since(b.start) + minuteAhead}
}

func (b *books) Stop(grace time.Duration) *monitor.Server {
	time.Sleep(b.stopTakes)
	b.stopped, b.grace = true, grace
	return &monitor.Server{Audited: true}
}

// serve lets a child serve some books, and attaches to it.
func serve(t *testing.T, b *books) (c *Child, interrupt func()) {
	t.Helper()
	requests, stdin := io.Pipe()
	out, stdout := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		fmt.Fprintln(stdout, listeningHere())
		if audit := Serve(ctx, b, grace, requests, stdout); !audit.Audited {
			t.Errorf("served, and its audit is %+v", audit)
		}
		stdout.Close()
	}()
	c, err := Attach(stdin, out, &process{out: stdout}, grace)
	if err != nil {
		t.Fatal(err)
	}
	return c, cancel
}

// TestAChildsWholeLife: figures come by themselves. Requests are answered, by the parent's clock, also
// after the audit.
func TestAChildsWholeLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks()
		b.stopTakes = grace
		c, _ := serve(t, b)
		if c.Addr() != listeningHere().Addr {
			t.Errorf("it listens on %v", c.Addr())
		}
		time.Sleep(4*figuresEvery + figuresEvery/2)
		if got := figuresOf(t, c); got.Accepted != 4 || got.Audited || got.Ended != "" {
			t.Errorf("%+v after a second", got)
		}
		dialed, at := time.Now().Add(-time.Second), time.Now()
		x, err := c.Around(7, dialed, at)
		if err != nil || x.Reach != 7 || !x.Start.Equal(b.start.Add(-minuteAhead)) {
			t.Errorf("%v, %v", x, err)
		}
		if !b.asked[0].Equal(dialed.Add(minuteAhead)) || !b.asked[1].Equal(at.Add(minuteAhead)) {
			t.Errorf("asked for %v, at %v", b.asked, at)
		}
		c.Stop()
		if b.grace != grace || !b.stopped {
			t.Errorf("stopped %v, with %v to leave", b.stopped, b.grace)
		}
		if x, err := c.Records(); err != nil || !x.Start.Equal(b.start.Add(-minuteAhead)) {
			t.Errorf("after the audit: %v, %v", x, err)
		}
		c.Close()
		if got := figuresOf(t, c); !got.OK() || !got.Audited || got.Accepted != 5 {
			t.Errorf("%+v at the end", got)
		}
	})
}

// TestAnInterruptedChildMakesItsAudit by itself, and stays to be asked.
func TestAnInterruptedChildMakesItsAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, interrupt := serve(t, newBooks())
		interrupt()
		synctest.Wait()
		if got := figuresOf(t, c); got == nil || !got.OK() {
			t.Errorf("%+v", got)
		}
		if _, err := c.Records(); err != nil { // it is not gone
			t.Error(err)
		}
		c.Stop()
		c.Close()
		if got := figuresOf(t, c); !got.OK() {
			t.Errorf("%+v at the end", got)
		}
	})
}

// TestNoChildOutlivesItsParent: the end of stdin is the request to stop, whatever became of stdout.
func TestNoChildOutlivesItsParent(t *testing.T) {
	for name, die := range map[string]func(in *io.PipeWriter, out *io.PipeReader){
		"it closed its pipes": func(in *io.PipeWriter, out *io.PipeReader) { in.Close(); out.Close() },
		"it broke off in the middle of a request": func(in *io.PipeWriter, _ *io.PipeReader) {
			_, _ = io.WriteString(in, `{"What":"rec`)
			in.Close()
		},
		"it is no parent":      func(in *io.PipeWriter, _ *io.PipeReader) { fmt.Fprintln(in, "GET / HTTP/1.1") },
		"it wants what is not": func(in *io.PipeWriter, _ *io.PipeReader) { fmt.Fprintln(in, `{"What":"dance"}`) },
		"it asked for stop twice": func(in *io.PipeWriter, _ *io.PipeReader) {
			fmt.Fprintln(in, stopTwice)
			in.Close()
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			stdin, in := io.Pipe()
			out, stdout := io.Pipe()
			b, served := newBooks(), make(chan *monitor.Server, 1)
			go func() {
				served <- Serve(t.Context(), b, grace, stdin, stdout)
				stdout.Close()
			}()
			go func() { _, _ = io.Copy(io.Discard, out) }()
			time.Sleep(time.Second)
			die(in, out)
			select {
			case audit := <-served:
				if !b.stopped || !audit.Audited {
					t.Errorf("%s: stopped %v, audit %+v", name, b.stopped, audit)
				}
			case <-time.After(time.Hour):
				t.Fatalf("%s: it serves on", name)
			}
		})
	}
}

const stopTwice = `{"What":"stop"}{"What":"stop"}`

// TestTheMessagesAsTheyAre: what both send is JSON, one value a line, with these names.
func TestTheMessagesAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stdin, in := io.Pipe()
		out, stdout := io.Pipe()
		go func() {
			Serve(t.Context(), newBooks(), grace, stdin, stdout)
			stdout.Close()
		}()
		messages := json.NewDecoder(out)
		for _, c := range []struct{ request, want string }{
			{`{"What":"records"}`, "Answer"}, {`{"What":"steps","Peer":7}`, "Answer"},
			{`{"What":"stop"}`, "Server"}, {`{"What":"records"}`, "Answer"},
		} {
			if _, err := fmt.Fprintln(in, c.request); err != nil {
				t.Fatal(err)
			}
			var w map[string]json.RawMessage
			if err := messages.Decode(&w); err != nil || len(w) != 1 || w[c.want] == nil {
				t.Errorf("%s: %s, %v, want %s", c.request, w, err, c.want)
			}
		}
		in.Close()
		if err := messages.Decode(new(message)); !errors.Is(err, io.EOF) {
			t.Errorf("after the last request: %v", err)
		}
	})
}
