package main

import (
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dummyload/dummy/probe"
	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
)

// bundledFor runs the bundled server in a frame until the test ends.
func bundledFor(t *testing.T, f *frame.Format) string {
	t.Helper()
	s, err := server.Start(server.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Frame: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(time.Second) })
	return s.Addr().String()
}

// TestTheProbeFindsTheBundledServer in each built-in frame, and with the login packet in each that may
// have it.
func TestTheProbeFindsTheBundledServer(t *testing.T) {
	t.Parallel()
	for _, name := range frame.Names() {
		plain := frame.Builtin(name)
		want := map[string]*frame.Format{"--frame " + name: plain}
		if f, err := plain.WithLogin(); err == nil && !plain.Stream {
			want["--frame "+name+" --login"] = f
		}
		for flags, f := range want {
			t.Run(flags, func(t *testing.T) {
				t.Parallel()
				r := probe.Probe(t.Context(), bundledFor(t, f), nil, nil)
				if len(r.Fits) == 0 || r.Fits[0].Flags() != flags || r.Stream != f.Stream {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

// TestProbeCommand: the exit code says whether a frame fits, stdout has the command of the run.
func TestProbeCommand(t *testing.T) {
	t.Parallel()
	f, err := frame.Named("net:key=0xa9")
	if err != nil {
		t.Fatal(err)
	}
	target := bundledFor(t, f)
	r := dummyload(t, "probe", target)
	if r.code != monitor.ExitFault || !strings.Contains(r.stdout, "none of the frames fits") {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	r = dummyload(t, "probe", bundledFor(t, frame.Builtin("raw")), "--frame", "raw")
	if r.code != 0 || strings.Count(r.stdout, "fits: ") != 1 {
		t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
	path := tempFile(t, "my.yaml")
	if err := os.WriteFile(path, []byte(f.Description()), 0o600); err != nil {
		t.Fatal(err)
	}
	r = dummyload(t, "probe", target, "--frame", "net:key=0xa9", "--frame", path, "--json", "-")
	var got struct{ Fits []struct{ Command string } }
	err = json.Unmarshal([]byte(r.stdout), &got)
	want := "dummyload run --target " + target + " --frame "
	if err != nil || r.code != 0 || len(got.Fits) != 2 || got.Fits[0].Command != want+"net:key=0xa9" ||
		!strings.Contains(r.stderr, "\nfits: net:key=0xa9, round trip ") {
		t.Errorf("exit %d, %v: %s%s", r.code, err, r.stdout, r.stderr)
	}
	words := strings.Fields(got.Fits[0].Command)[1:]
	r = dummyload(t, slices.Concat(words, patient, []string{"--clients", "2", "--duration", "100ms"})...)
	if r.code != 0 {
		t.Errorf("the command that it names: exit %d: %s%s", r.code, r.stdout, r.stderr)
	}
}

// TestBadInputOfTheProbe is told in one line.
func TestBadInputOfTheProbe(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	many := []string{closed}
	for range probe.MaxGiven() + 1 {
		many = append(many, "--frame=net:key=1")
	}
	for says, args := range map[string][]string{
		"want one HOST:PORT":     {},
		"want HOST:PORT":         {"nowhere"},
		"port from 1 to 65535":   {"127.0.0.1:0"},
		"no frame \"nope\"":      {closed, "--frame", "nope"},
		"want at most":           many,
		"probe " + closed + ": ": {closed},
	} {
		r := dummyload(t, append([]string{"probe"}, args...)...)
		mustRefuse(t, r, says, says)
	}
}

// TestTheScreenOffersTheProbe where no echo was right, and shows what it found.
func TestTheScreenOffersTheProbe(t *testing.T) {
	t.Parallel()
	target := bundledFor(t, frame.Builtin("len16be"))
	p := openPane(t, "--target", target, "--frame", "line", "--clients", "3", "--start",
		"--drain-timeout", "100ms")
	p.shows(`p none right: find`)
	p.press("p")
	p.shows(`fits: len16be, round trip`)
	p.shows(`dummyload run --target ` + target + ` --frame len16be`)
	p.press("Enter")
	p.press("q", "y")
	p.shows(`exit code 3`)
}
