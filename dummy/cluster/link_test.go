package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/monitor"
	"dummyload/monitor/trace"
)

// process is a Process in a test's hands.
type process struct {
	out    *io.PipeWriter // its stdout
	code   int
	err    error
	stderr string
	killed bool
}

func (p *process) Wait() (int, error) { return p.code, p.err }
func (p *process) Stderr() []byte     { return []byte(p.stderr) }

// Kill ends stdout, as the end of a process does.
func (p *process) Kill() {
	p.killed, p.code, p.err = true, -1, errors.New("signal: killed")
	p.out.Close()
}

// scripted is a child that does what a test says.
type scripted struct {
	*process
	stdin    *io.PipeReader
	requests *json.Decoder
	messages *json.Encoder
}

const grace = 5 * time.Second

// script attaches to a child, which listens and has answered the first request.
func script(t *testing.T) (*Child, *scripted) {
	t.Helper()
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	s := &scripted{&process{out: stdout}, stdin, json.NewDecoder(stdin), json.NewEncoder(stdout)}
	go func() {
		fmt.Fprintln(stdout, listeningHere())
		s.answer(t, requestSteps, answer(0))
	}()
	c, err := Attach(in, out, s, grace)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func listeningHere() Listening {
	l, err := parseListening("listening on 127.0.0.1:6000 backend=net workers=1\n")
	if err != nil {
		panic(err)
	}
	return l
}

// request reads one request.
func (s *scripted) request(t *testing.T, what kind) (r request) {
	t.Helper()
	if err := s.requests.Decode(&r); err != nil || r.What != what {
		t.Errorf("ordered %+v, %v, want %s", r, err, what)
	}
	return r
}

// say sends the child's messages.
func (s *scripted) say(t *testing.T, messages ...message) {
	t.Helper()
	for _, m := range messages {
		if err := s.messages.Encode(m); err != nil {
			t.Error(err)
		}
	}
}

// answer reads a request and says something.
func (s *scripted) answer(t *testing.T, what kind, m message) request {
	t.Helper()
	r := s.request(t, what)
	s.say(t, m)
	return r
}

// leave is what a right child does when its stdin ends.
func (s *scripted) leave() {
	_, _ = io.Copy(io.Discard, s.stdin)
	s.out.Close()
}

func answer(n int) message {
	return message{Answer: &trace.Excerpt{Start: time.Now(), Reach: time.Duration(n)}}
}

// audit is of a server that has released all that it accepted.
func audit() message {
	return message{Server: &monitor.Server{Accepted: 3, Released: 3, Audited: true}}
}

// figuresOf is what Collect adds.
func figuresOf(t *testing.T, s monitor.Source) *monitor.Server {
	t.Helper()
	snap := monitor.Collect(s)
	if !snap.Bundled {
		t.Error("it is not the bundled server")
	}
	return snap.Server
}

// TestListening: the line is read as it is written, and no other line is.
func TestListening(t *testing.T) {
	for _, line := range []string{"listening on 127.0.0.1:40123 backend=uring workers=2",
		"listening on [::1]:1 backend=net workers=64"} {
		if l, err := parseListening(line + "\n"); err != nil || l.String() != line {
			t.Errorf("%q is read as %q, %v", line, l, err)
		}
	}
	for _, line := range []string{"", "panic: no\n", "listening on nowhere backend=net workers=1\n",
		"listening on 127.0.0.1:1\n", "listening on 127.0.0.1:1 backend=net workers=all\n"} {
		if l, err := parseListening(line); err == nil {
			t.Errorf("%q is read as %v", line, l)
		}
	}
}

// TestASilentChildIsAskedOnce: while it owes an answer the parent asks nothing more, and nobody waits
// longer than an answer may take. When the answer has come, the next answer is the next request's.
func TestASilentChildIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := script(t)
		began := time.Now()
		go s.request(t, requestRecords) // and it says nothing
		for range 2 {
			if _, err := c.Records(); !errors.Is(err, errSilent) {
				t.Errorf("an answer, or %v", err)
			}
		}
		if took := time.Since(began); took != RecordsMost {
			t.Errorf("both together waited %v, want %v", took, RecordsMost)
		}
		s.say(t, answer(1)) // at last
		synctest.Wait()
		at := time.Now()
		go func() {
			r := s.answer(t, requestSteps, answer(2))
			if r.Peer != 7 || !r.At.Equal(at) || !r.Dialed.IsZero() {
				t.Errorf("asked %+v", r)
			}
		}()
		if x, err := c.Around(7, time.Time{}, at); err != nil || x.Reach != 2 {
			t.Errorf("%v, %v", x.Reach, err)
		}
		go s.leave()
		c.Close()
	})
}

// TestAChildThatEndedIsNotWaitedFor: it has no answer, and without an audit it is not OK.
func TestAChildThatEndedIsNotWaitedFor(t *testing.T) {
	for _, audited := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c, s := script(t)
			began := time.Now()
			go func() {
				last := audit()
				last.Server.Audited = audited
				s.answer(t, requestRecords, last)
				s.out.Close()
				_, _ = io.Copy(io.Discard, s.stdin) // what comes after its end
			}()
			for range 2 {
				if _, err := c.Records(); !errors.Is(err, errNoProcess) {
					t.Errorf("an answer, or %v", err)
				}
			}
			c.Stop()
			c.Close()
			got := figuresOf(t, c)
			if got.OK() != audited || (got.Ended == "") != audited || s.killed {
				t.Errorf("audited %v, killed %v: %+v", audited, s.killed, got)
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("somebody waited for %v", took)
			}
		})
	}
}

// TestAWrongMessage: nothing after it counts, and Collect says what was wrong. What comes after it
// is read and thrown away, so that the child can end by itself.
func TestAWrongMessage(t *testing.T) {
	for says, messages := range map[string]string{
		"invalid character 'g'":     "goroutine 7 [running]:\n",
		"cannot unmarshal":          `{"Server":7}`,
		"an empty message":          `{}`,
		"an answer to no request":   `{"Answer":{}}`,
		"figures after the audit":   `{"Server":{"audited":true}}{"Server":{}}`,
		"invalid character 'o' in ": `{"Server":{"audited":false}}noise`,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, s := script(t)
			if _, err := io.WriteString(s.out, messages); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			go func() {
				_, _ = io.WriteString(s.out, strings.Repeat("more than a pipe holds", 1<<13))
				s.say(t, audit())
				s.leave()
			}()
			began := time.Now()
			c.Stop()
			if _, err := c.Records(); !errors.Is(err, errNoProcess) {
				t.Errorf("%s: an answer, or %v", messages, err)
			}
			c.Close()
			got := figuresOf(t, c)
			how := got.Ended
			if got.Audited {
				how = strings.Join(got.Failures, " ")
			}
			if got.OK() || !strings.Contains(how, "broke the protocol: ") || !strings.Contains(how, says) {
				t.Errorf("%s: %+v", messages, got)
			}
			if took := time.Since(began); took != 0 || s.killed {
				t.Errorf("%s: took %v, killed %v", messages, took, s.killed)
			}
		})
	}
}
