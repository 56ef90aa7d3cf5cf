package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"dummyload/dummy"
	"dummyload/dummy/hostile"
	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// loadOptions are the values of the flags of `run` and of the terminal UI.
type loadOptions struct {
	config        dummy.Config
	target        address
	wait          time.Duration // how long the target may take to accept
	size          sizes
	frame         frameFlags
	seed          seed
	duration      time.Duration
	maxRate       time.Duration // of `run` alone; 0 = no search
	serverBackend string
	serverWorkers int
	serverProcess bool
	thresholds    []monitor.Threshold
	allow         []monitor.Fault
	json          string
	trace         string
	progress      time.Duration
	progressSet   bool

	// The terminal UI's own.
	start       bool
	ascii       bool
	durationSet bool
}

// seed is random and printed unless given.
type seed struct{ value uint64 }

// defaultDuration is the only default that is not the fleet's.
const defaultDuration = 10 * time.Second

// addFlags adds every flag of `run`: those of the knobs, and after some of them the flags that belong
// beside them.
func (o *loadOptions) addFlags(flags *pflag.FlagSet) {
	f := flagSet{flags}
	f.SortFlags = false
	after := map[string]func(flagSet){
		dummy.OverSend: o.addPayloadFlags, dummy.Churn: o.addCloseFlag,
		"connect-rate": o.addSourceFlags, "quiet": o.addSeedFlag,
	}
	o.addTargetFlags(f)
	for _, k := range dummy.Knobs() {
		f.knob(&o.config, k)
		if add := after[k.Name]; add != nil {
			add(f)
		}
	}
	o.addPlumbingFlags(f)
	o.addVerdictFlags(f)
}

func (o *loadOptions) addTargetFlags(f flagSet) {
	f.Var(&value[address]{&o.target, parseTarget, func(a address) string { return a.text },
		"HOST:PORT"},
		"target", "the echo server under test (default: the bundled server)")
	f.duration(&o.wait, "wait", 0, 0,
		"how long to wait for the target to accept a first connection")
	o.duration = defaultDuration
	f.Var(&value[time.Duration]{&o.duration, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return 0, fmt.Errorf("want a duration like 10s or 5m, or 0 for until a signal")
		}
		o.durationSet = true
		return d, nil
	}, time.Duration.String, "D"}, "duration", "how long Echo runs before STOP; 0 = until a signal")
}

func (o *loadOptions) addPayloadFlags(f flagSet) {
	o.size = sizes{dummy.DefaultSizeMin, dummy.DefaultSizeMax}
	f.Var(&value[sizes]{&o.size, parseSizes, sizes.String, "MIN[-MAX]"},
		"size", "payload bytes of one echo")
	o.frame.add(f, "len16", "each connection first receives one login packet")
}

func (o *loadOptions) addCloseFlag(f flagSet) {
	choice(f, &o.config.Close, "close", "fin", dummy.ParseCloseKind,
		"how a dummy closes: fin, rst or mixed")
}

func (o *loadOptions) addSourceFlags(f flagSet) {
	c := &o.config
	f.Var(&value[[]netip.Addr]{&c.Sources, parseAddrs, formatAddrs, "IP[,IP…]"},
		"source", "source addresses to spread connections over")
	appendTo(f, &c.Hostile, "misbehave", "KIND[:SHARE][,…]",
		"hostile dummies beside the others: KIND is "+strings.Join(hostile.Kinds(), ", ")+
			"; SHARE, as in mute:5%, is that of --clients (default 10%); repeatable",
		hostile.Parse)
}

func (o *loadOptions) addSeedFlag(f flagSet) {
	o.seed = seed{rand.Uint64()}
	f.Var(&value[seed]{&o.seed, parseSeed, func(seed) string { return "" }, "N"},
		"seed", "fixes payloads, sizes, write splits and churn (default random, printed)")
}

func (o *loadOptions) addPlumbingFlags(f flagSet) {
	f.integer(&o.serverWorkers, "server-workers", max(1, runtime.GOMAXPROCS(0)/2), 1, iocp.MaxWorkers,
		"worker threads of the bundled server")
	choice(f, &o.config.Backend, "dummy-backend", "auto", parseBackend, backendUsage())
	choice(f, &o.serverBackend, "server-backend", "auto", parseBackend, backendUsage())
	f.boolean(&o.serverProcess, "server-process",
		"the bundled server as a child process of its own")
}

func (o *loadOptions) addVerdictFlags(f flagSet) {
	appendTo(f, &o.thresholds, "threshold", "EXPR",
		"a metric's limit, like rtt_p99<5ms or late==0; repeatable",
		func(s string) ([]monitor.Threshold, error) {
			t, err := monitor.ParseThreshold(s)
			return []monitor.Threshold{t}, err
		})
	appendTo(f, &o.allow, "allow", "FAULT[,FAULT…]",
		"faults counted and shown but not failing the run", parseFaults)
	f.StringVar(&o.json, "json", "", "write the summary as JSON to a file; - is stdout")
	f.StringVar(&o.trace, "trace", "",
		"write what the traces still hold at the end, for chrome://tracing or Perfetto")
	f.Var(&value[time.Duration]{&o.progress, func(s string) (time.Duration, error) {
		d, err := parseProgress(s)
		o.progressSet = err == nil
		return d, err
	}, func(time.Duration) string { return "" }, "D|none"}, "progress",
		"how often to report on stderr (default 1s on a terminal, 10s otherwise)")
}

// addRunFlags adds what only `run` has.
func (o *loadOptions) addRunFlags(flags *pflag.FlagSet) {
	flags.Var(&value[time.Duration]{&o.maxRate, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return 0, fmt.Errorf("want a limit of the p99, above 0, like 5ms")
		}
		return d, nil
	}, func(time.Duration) string { return "" }, "P99"}, "max-rate",
		"find the highest --rate with rtt_p99 under this and nothing late, by steps of --duration")
}

// checkRun refuses flags of `run` that do not go together.
func (o *loadOptions) checkRun() error {
	switch {
	case o.maxRate > 0 && o.config.Rate > 0:
		return usageError{fmt.Errorf("--max-rate %v with --rate %v: want one of them, "+
			"the rate is what is looked for", o.maxRate, o.config.Rate)}
	case o.maxRate > 0 && o.duration == 0:
		return usageError{fmt.Errorf("--max-rate %v with --duration 0: want the duration of "+
			"each step, above 0", o.maxRate)}
	}
	return nil
}

// addTerminalFlags adds what only the terminal UI has.
func (o *loadOptions) addTerminalFlags(flags *pflag.FlagSet) {
	f := flagSet{flags}
	f.boolean(&o.start, "start", "press START at once")
	f.boolean(&o.ascii, "ascii", "draw with ASCII characters only")
}

// fleetConfig is the dummies' configuration by the flags, but for the target's address, which the
// caller puts in.
func (o *loadOptions) fleetConfig() (dummy.Config, error) {
	c := o.config
	if o.wait > 0 && o.target.text == "" {
		return c, usageError{fmt.Errorf("--wait %v: want a --target to wait for; the bundled "+
			"server is there from the start", o.wait)}
	}
	format, err := o.frame.format()
	if err != nil {
		return c, err
	}
	c.Frame = format
	c.SizeMin, c.SizeMax = o.size.min, o.size.max
	c.Seed = o.seed.value
	if most := c.Frame.MaxPayload(); c.SizeMax > most {
		return c, usageError{fmt.Errorf("--size %v: want at most %d bytes with --frame %v",
			o.size, most, c.Frame)}
	}
	if err := hostile.Check(c.Hostile, c.Frame); err != nil {
		return c, usageError{fmt.Errorf("--%w", err)}
	}
	return c, nil
}

// command is the command line that repeats the run: subcommand, if there is one, the arguments that
// keep wants, and the seed. The variables that set flags stand in front.
func (o *loadOptions) command(subcommand string, keep func(arg string) bool) string {
	var words []string
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, environmentName("")) {
			words = append(words, monitor.ShellWord(e))
		}
	}
	words = append(words, "dummyload")
	if subcommand != "" {
		words = append(words, subcommand)
	}
	seeded := false
	for _, arg := range os.Args[1:] {
		seeded = seeded || strings.HasPrefix(arg, "--seed")
		if keep(arg) {
			words = append(words, monitor.ShellWord(arg))
		}
	}
	if !seeded {
		words = append(words, fmt.Sprint("--seed=", o.seed.value))
	}
	return strings.Join(words, " ")
}

// appendTo adds a flag that may be repeated: each time adds to its values.
func appendTo[T any](f flagSet, p *[]T, name, kind, usage string, parse func(string) ([]T, error)) {
	f.Var(&value[[]T]{p, func(s string) ([]T, error) {
		more, err := parse(s)
		return append(slices.Clone(*p), more...), err
	}, func([]T) string { return "" }, kind}, name, usage)
}

func parseTarget(s string) (address, error) {
	a, err := parseAddress(s)
	if err == nil && s != "" && a.addrs[0].Port() == 0 {
		return a, fmt.Errorf("want HOST:PORT with a port from 1 to 65535")
	}
	return a, err
}

func parseSizes(s string) (sizes, error) {
	lo, hi, ranged := strings.Cut(s, "-")
	if !ranged {
		hi = lo
	}
	least, err1 := strconv.Atoi(lo)
	most, err2 := strconv.Atoi(hi)
	if err1 != nil || err2 != nil || least < dummy.MinSize || most < least ||
		most > frame.MaxPayload {
		return sizes{}, fmt.Errorf("want MIN or MIN-MAX bytes, from %d to %d",
			dummy.MinSize, frame.MaxPayload)
	}
	return sizes{least, most}, nil
}

func parseSeed(s string) (seed, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return seed{}, fmt.Errorf("want a whole number from 0 to 18446744073709551615")
	}
	return seed{n}, nil
}

// backendNames are the backends of all systems. A name from another system gets an error of its own.
var backendNames = []string{"auto", "iocp", "uring", "epoll", "net"}

func backendUsage() string {
	return "completion port: auto, or of this system " + strings.Join(iocp.Backends(), ", ")
}

func parseBackend(s string) (string, error) {
	if !slices.Contains(backendNames, s) {
		return "", fmt.Errorf("want %s", strings.Join(backendNames, ", "))
	}
	if s != "auto" && !slices.Contains(iocp.Backends(), s) {
		return "", fmt.Errorf("not on this system; want auto, %s",
			strings.Join(iocp.Backends(), ", "))
	}
	return s, nil
}

func parseFaults(s string) ([]monitor.Fault, error) {
	var faults []monitor.Fault
	for name := range strings.SplitSeq(s, ",") {
		f, ok := monitor.ParseFault(name)
		if !ok {
			return nil, fmt.Errorf("no fault is named %q; want %s", name,
				strings.Join(faultNames(), ", "))
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func faultNames() []string {
	var names []string
	for f := range monitor.NumFaults {
		names = append(names, f.String())
	}
	return names
}

// parseProgress returns 0 for none.
func parseProgress(s string) (time.Duration, error) {
	if s == "none" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 100*time.Millisecond {
		return 0, fmt.Errorf("want a duration from 100ms, or none")
	}
	return d, nil
}

// progressEvery is the interval of the progress: the flag's, or one that fits where stderr goes.
func (o *loadOptions) progressEvery() time.Duration {
	switch {
	case o.progressSet:
		return o.progress
	case isTerminal(os.Stderr):
		return monitor.ProgressOnTerminal
	default:
		return monitor.ProgressInFile
	}
}

// isTerminal reports whether f may be drawn on.
func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}
