package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figures is what one measurement came to.
type figures struct {
	Round           int     `json:"round"`
	EchoesPerSecond float64 `json:"echoes_per_s"`
	ServerCPU       float64 `json:"server_us_per_echo"`
	ClientCPU       float64 `json:"client_us_per_echo"`
	ServerRSS       int     `json:"server_rss_bytes"`
	ClientRSS       int     `json:"client_rss_bytes"`
	P50             float64 `json:"rtt_p50_us"`
	P90             float64 `json:"rtt_p90_us"`
	P99             float64 `json:"rtt_p99_us"`
	P999            float64 `json:"rtt_p99_9_us"`
	Waited          float64 `json:"waited_for_core"`           // the worse side's share of the time
	Lag             float64 `json:"send_lag_p99_us,omitempty"` // of the dummies
	Saturated       bool    `json:"generator_saturated,omitempty"`
}

// pair is a server and a generator that are measured together.
type pair struct {
	server *program // nil: the generator brings its own
	client *program
	cell   cell
}

// Grace is how long a child may take to answer or end beyond what it was asked for. Thousands
// of connections take a while to open and to close.
const (
	grace     = 20 * time.Second
	startTime = 10 * time.Second
)

// measure runs a pair once.
func (b *bench) measure(p pair) (f figures, err error) {
	if p.server == nil {
		return b.loadAlone(p)
	}
	server, err := b.start(b.options.serverCore, p.server.path, p.server.serveArguments()...)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, server.stop(grace)) }()
	line, err := server.await(server.stdout, "listening on ", startTime)
	if err != nil {
		return f, err
	}
	address := strings.Fields(line)[2]
	if p.client.flags != nil {
		return b.loadByDummies(p, server, address)
	}
	return b.load(p, server, address)
}

// load runs a generator that says when it begins and ends to count.
func (b *bench) load(p pair, server *child, address string) (f figures, err error) {
	port := address[strings.LastIndexByte(address, ':')+1:]
	client, err := b.start(b.options.clientCore, p.client.path,
		p.client.clientArguments(port, p.cell, b.options)...)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, client.wait(grace)) }()
	if _, err := client.await(client.stdout, "begin", grace+b.span()); err != nil {
		return f, err
	}
	w, err := open(server, client)
	if err != nil {
		return f, err
	}
	line, err := client.await(client.stdout, "end ", grace+b.span())
	if err != nil {
		return f, err
	}
	used, err := w.close()
	if err != nil {
		return f, err
	}
	return parseEnd(line, used)
}

// span is how long a generator is busy.
func (b *bench) span() time.Duration {
	return time.Duration((b.options.seconds + b.options.warmup) * float64(time.Second))
}

// parseEnd reads "end ECHOES NANOSECONDS P50 P90 P99 P999".
func parseEnd(line string, used consumption) (figures, error) {
	var n, ns, p50, p90, p99, p999 float64
	_, err := fmt.Sscanf(line, "end %g %g %g %g %g %g", &n, &ns, &p50, &p90, &p99, &p999)
	if err != nil || n == 0 || ns == 0 {
		return figures{}, fmt.Errorf("the generator said %q: %w", line, errors.Join(errNoEcho, err))
	}
	f := used.per(n / ns * 1e9)
	f.P50, f.P90, f.P99, f.P999 = p50/1e3, p90/1e3, p99/1e3, p999/1e3
	return f, nil
}

var errNoEcho = errors.New("no echo was made")

// summary is what is needed of dummyload's.
type summary struct {
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
	Rate    struct {
		Echoes float64 `json:"echoes_per_s"`
	} `json:"rate"`
	RTT struct {
		P50  float64 `json:"p50"`
		P90  float64 `json:"p90"`
		P99  float64 `json:"p99"`
		P999 float64 `json:"p99_9"`
	} `json:"rtt_us"`
	Generator struct {
		Lag       float64 `json:"send_lag_p99_us"`
		Saturated bool    `json:"saturated"`
	} `json:"generator"`
}

// connectedMark is what the progress of a run shows from START on.
const connectedMark = " RUN "

// phaseSlack is how much longer than the measurement the dummies echo: START shows up to one
// sample of 250 ms late, and later on a busy machine.
const phaseSlack = 750 * time.Millisecond

// loadByDummies runs `dummyload run` and looks at both sides while it echoes. Its verdict must
// be pass, or inconclusive (a rate it could not keep, which the figures show).
func (b *bench) loadByDummies(p pair, server *child, address string) (f figures, err error) {
	out := filepath.Join(b.dir, "summary.json")
	args := append(b.dummyArguments(p, out), "--target", address)
	client, err := b.start(b.options.clientCore, p.client.path, args...)
	if err != nil {
		return f, err
	}
	used, err := b.watch(client, server, client)
	// Exit 5 is "inconclusive"; the summary says it too.
	if ended := client.wait(grace); err != nil {
		return f, errors.Join(err, ended)
	}
	return readSummary(out, used)
}

// loadAlone is loadByDummies with the bundled server in the generator's own process, not pinned.
func (b *bench) loadAlone(p pair) (f figures, err error) {
	out := filepath.Join(b.dir, "summary.json")
	client, err := b.start(-1, p.client.path, b.dummyArguments(p, out)...)
	if err != nil {
		return f, err
	}
	used, err := b.watch(client, client)
	if ended := client.wait(grace); err != nil {
		return f, errors.Join(err, ended)
	}
	return readSummary(out, used)
}

// watch waits for START and measures what the processes use from then on.
func (b *bench) watch(client *child, of ...*child) (consumption, error) {
	if _, err := client.await(client.stderr, connectedMark, grace); err != nil {
		return consumption{}, err
	}
	time.Sleep(time.Duration(b.options.warmup * float64(time.Second)))
	w, err := open(of...)
	if err != nil {
		return consumption{}, err
	}
	time.Sleep(time.Duration(b.options.seconds * float64(time.Second)))
	return w.close()
}

func (b *bench) dummyArguments(p pair, out string) []string {
	_ = os.Remove(out)
	c := p.cell
	args := append([]string{}, p.client.flags...)
	return append(args, "--clients", strconv.Itoa(c.Connections), "--size", strconv.Itoa(c.Bytes),
		"--oversend", strconv.Itoa(c.Outstanding), "--rate", strconv.Itoa(c.Rate),
		"--duration", (b.span() + phaseSlack).String(), "--progress", "10s", "--json", out)
}

func readSummary(name string, used consumption) (figures, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return figures{}, err
	}
	var s summary
	if err := json.Unmarshal(text, &s); err != nil {
		return figures{}, err
	}
	if s.Verdict != "pass" && s.Verdict != "inconclusive" || s.Rate.Echoes == 0 {
		return figures{}, fmt.Errorf("dummyload run: verdict %s: %v", s.Verdict, s.Reasons)
	}
	f := used.per(s.Rate.Echoes)
	f.P50, f.P90, f.P99, f.P999 = s.RTT.P50, s.RTT.P90, s.RTT.P99, s.RTT.P999
	f.Lag, f.Saturated = s.Generator.Lag, s.Generator.Saturated
	return f, nil
}

// window is a while in which processes are watched: the server first, then the generator.
type window struct {
	of     []*child
	at     time.Time
	before []usage
}

func open(of ...*child) (*window, error) {
	w := &window{of: of, at: time.Now()}
	for _, c := range of {
		u, err := c.usage()
		if err != nil {
			return nil, err
		}
		w.before = append(w.before, u)
	}
	return w, nil
}

// consumption is what the sides used: processor seconds per second, and memory at the end.
type consumption struct {
	server, client       float64
	serverRSS, clientRSS int
	waited               float64 // for a core that others had: the worse side's, per second
}

func (w *window) close() (consumption, error) {
	elapsed := time.Since(w.at)
	var share, waited []float64
	var rss []int
	for i, c := range w.of {
		u, err := c.usage()
		if err != nil {
			return consumption{}, err
		}
		if u.rss == 0 {
			return consumption{}, fmt.Errorf("%s ended while it was measured", c.cmd.Args)
		}
		share = append(share, float64(u.cpu-w.before[i].cpu)/float64(elapsed))
		waited = append(waited, float64(u.waited-w.before[i].waited)/float64(elapsed))
		rss = append(rss, u.rss)
	}
	last := len(share) - 1 // one process is both
	return consumption{share[0], share[last], rss[0], rss[last], slices.Max(waited)}, nil
}

// per divides what was used by a rate of echoes.
func (u consumption) per(rate float64) figures {
	return figures{
		EchoesPerSecond: rate, ServerCPU: u.server / rate * 1e6, ClientCPU: u.client / rate * 1e6,
		ServerRSS: u.serverRSS, ClientRSS: u.clientRSS, Waited: u.waited,
	}
}
