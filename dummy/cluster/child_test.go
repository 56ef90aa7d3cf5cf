package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dummyload/monitor"
)

// TestAChildThatDoesNotListen: the error is what it wrote to stderr. A child that says something else,
// or says nothing and stays, is refused, too.
func TestAChildThatDoesNotListen(t *testing.T) {
	for _, c := range []struct {
		says, stderr, want string
		stays              bool // until it is killed
	}{
		{"", "dummyload: --listen: no\n", "dummyload: --listen: no", false},
		{"hello\n", "", "it does not say where it listens: ", false},
		{"hello\n", "", "it does not say where it listens: ", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			stdin, in := io.Pipe()
			out, stdout := io.Pipe()
			p := &process{out: stdout, stderr: c.stderr}
			go func() {
				_, _ = io.WriteString(stdout, c.says)
				if _, err := io.Copy(io.Discard, stdin); err != nil {
					t.Error(err)
				}
				if !c.stays {
					stdout.Close()
				}
			}()
			if c.says == "" {
				stdout.Close()
			}
			began := time.Now()
			child, err := Attach(in, out, p, grace)
			var refused *Refused
			if child != nil || !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%+v: %v, %v", c, child, err)
			}
			if took := time.Since(began); p.killed != c.stays || c.stays && took != endMost {
				t.Errorf("%+v: killed %v, after %v", c, p.killed, took)
			}
		})
	}
}

// TestHowAChildEnds: with the code that its audit earned, or Collect says how.
func TestHowAChildEnds(t *testing.T) {
	left := audit()
	left.Server.Accepted++
	panicked := "goroutine 1\npanic: seeded\n\tmain.main\n"
	for _, c := range []struct {
		last   message
		code   int
		stderr string
		want   string // "" where the audit says all
	}{
		{audit(), monitor.ExitPass, "", ""},
		{left, monitor.ExitFault, "", ""},
		{audit(), monitor.ExitFault, "", "its process ended (exit status 3)"},
		{left, monitor.ExitPass, "", "its process ended (exit status 0)"},
		{audit(), 2, panicked, "its process ended (exit status 2): panic: seeded"},
		{message{Server: &monitor.Server{Accepted: 7}}, 2, panicked,
			"its process ended (exit status 2): panic: seeded"},
		{message{Server: &monitor.Server{Accepted: 7}}, 0, "", "its process ended (exit status 0)"},
	} {
		synctest.Test(t, func(t *testing.T) {
			child, s := script(t)
			s.code, s.stderr = c.code, c.stderr
			if c.code != 0 {
				s.err = fmt.Errorf("exit status %d", c.code)
			}
			go func() {
				s.answer(t, requestStop, c.last)
				if !c.last.Server.Audited {
					s.out.Close()
				}
				s.leave()
			}()
			child.Stop()
			child.Close()
			child.Close() // and again
			got := figuresOf(t, child)
			how := got.Ended
			if got.Audited {
				how = strings.Join(got.Failures, "; ")
			}
			if how != c.want || s.killed {
				t.Errorf("%+v, code %d: it ended %q, want %q, killed %v", c.last.Server, c.code, how, c.want,
					s.killed)
			}
			if string(child.Stderr()) != c.stderr {
				t.Errorf("stderr %q", child.Stderr())
			}
		})
	}
}

// TestAChildThatHangsIsKilled: in the audit, or at its end. Its last figures stay.
func TestAChildThatHangsIsKilled(t *testing.T) {
	for _, makesAudit := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, s := script(t)
			began := time.Now()
			go func() {
				s.request(t, requestStop)
				if makesAudit {
					s.say(t, audit())
				}
				_, _ = io.Copy(io.Discard, s.stdin) // and does not end
			}()
			c.Stop()
			stopped := time.Since(began)
			c.Close()
			got := figuresOf(t, c)
			switch {
			case !s.killed:
				t.Error("it lives")
			case makesAudit && (stopped != 0 || time.Since(began) != endMost ||
				!slices.Equal(got.Failures, []string{"it did not end within 10s and was killed"})):
				t.Errorf("stopped after %v, ended after %v: %+v", stopped, time.Since(began), got)
			case !makesAudit && (stopped != grace+endMost || time.Since(began) != stopped ||
				got.Ended != "it made no audit within 15s and was killed"):
				t.Errorf("stopped after %v, ended after %v: %+v", stopped, time.Since(began), got)
			}
		})
	}
}

// TestAChildThatIsKilled: it has no audit, and Collect says how it ended.
func TestAChildThatIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := script(t)
		s.say(t, message{Server: &monitor.Server{Accepted: 7}})
		c.Kill()
		go s.leave()
		c.Stop()
		c.Close()
		if got := figuresOf(t, c); got.Accepted != 7 || got.Ended != "its process ended (signal: killed)" {
			t.Errorf("%+v", got)
		}
	})
}

// TestMain makes the test binary a child where a variable says so.
func TestMain(m *testing.M) {
	if how := os.Getenv(asChild); how != "" {
		os.Exit(live(how))
	}
	os.Exit(m.Run())
}

const asChild = "RUN_AS_CHILD"

// live is a child's whole life, in a process of its own.
func live(how string) (code int) {
	if how == "refuses" {
		fmt.Fprintln(os.Stderr, "child: no")
		return 2
	}
	fmt.Println(listeningHere())
	Serve(context.Background(), newBooks(), grace, os.Stdin, os.Stdout)
	fmt.Fprintln(os.Stderr, "child: it was a good life")
	return monitor.ExitPass
}

// startAs starts the test binary as a child.
func startAs(how string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asChild+"="+how)
	return Start(cmd, grace)
}

// TestAProcess: all of it with a real process.
func TestAProcess(t *testing.T) {
	t.Parallel()
	c, err := startAs("right")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Records()
	c.Stop()
	c.Close()
	if got := figuresOf(t, c); err != nil || !got.OK() || len(got.Failures) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
	if got := string(c.Stderr()); strings.TrimSpace(got) != "child: it was a good life" {
		t.Errorf("stderr %q", got)
	}
}

// TestAProcessThatIsKilled is noticed by the end of its pipes.
func TestAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	c, err := startAs("right")
	if err != nil {
		t.Fatal(err)
	}
	c.Kill()
	c.Stop()
	c.Close()
	// On Windows the killer chooses the code (TerminateProcess).
	if got := figuresOf(t, c); got.Ended != "its process ended (signal: killed)" &&
		got.Ended != "its process ended (exit status 1)" {
		t.Errorf("%+v", got)
	}
}

// TestAProcessThatRefuses, and a file that is no program.
func TestAProcessThatRefuses(t *testing.T) {
	t.Parallel()
	c, err := startAs("refuses")
	var refused *Refused
	if c != nil || !errors.As(err, &refused) || refused.Error() != "child: no" {
		t.Errorf("%v, %v", c, err)
	}
	c, err = Start(exec.Command("no/such/program"), grace)
	if c != nil || err == nil || errors.As(err, new(*Refused)) {
		t.Errorf("%v, %v", c, err)
	}
}
