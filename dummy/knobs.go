package dummy

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// Knob is one number of a Config. The checks of a Config, Control.Tune, the flags, the screen's
// form and the command line of a run all read the one table of them. A new knob is one line there,
// and the code where it has its effect.
//
// A value is a float64, whatever the field: a count, a number per second, or nanoseconds.
type Knob struct {
	Name    string  // of the flag
	Default float64 // that a Config gets for a 0, unless 0 is accepted
	Min     float64
	Max     float64
	Help    string // what the flag's help says

	// Title, and Note after it, are the label on the screen's form; empty for a knob that cannot be
	// tuned while a fleet runs.
	Title, Note string

	field func(*Config) any // *int, *float64 (per second) or *time.Duration
	shown func(*monitor.View) float64
}

// The names of the knobs that can be tuned.
const (
	Clients  = "clients"
	OverSend = "oversend"
	Rate     = "rate"
	Churn    = "churn"
)

// Limits of every rate and of every time.
const (
	MaxRate   = 1e9 // per second; beyond it two due times are the same nanosecond
	maxTime   = 1000 * time.Hour
	leastTime = time.Millisecond
)

var knobs = []*Knob{
	{Name: Clients, Default: 1000, Min: 1, Max: MaxClients, Help: "dummies",
		Title: "Dummies", Note: " (Client Count)",
		field: func(c *Config) any { return &c.Clients },
		shown: func(s *monitor.View) float64 { return float64(s.Clients) }},
	{Name: OverSend, Default: 1, Min: 1, Max: MaxOverSend,
		Help:  "echoes one dummy may have unanswered (Over Send)",
		Title: "Over Send", Note: " (OverSendCount)",
		field: func(c *Config) any { return &c.OverSend },
		shown: func(s *monitor.View) float64 { return float64(s.OverSend) }},
	{Name: Rate, Max: MaxRate,
		Help:  "echoes per second over the whole fleet, open loop; 0 = closed loop",
		Title: "Rate", Note: ", echoes/s (0: closed loop)",
		field: func(c *Config) any { return &c.Rate },
		shown: func(s *monitor.View) float64 { return s.Rate }},
	{Name: "loop-delay", Max: float64(maxTime), Help: "pause between an answer and the next echo",
		field: func(c *Config) any { return &c.LoopDelay }},
	{Name: Churn, Max: MaxRate,
		Help:  "connections per second closed and reopened (Disconnect Test)",
		Title: "Disconnect Test", Note: ", connections/s",
		field: func(c *Config) any { return &c.Churn },
		shown: func(s *monitor.View) float64 { return s.Churn }},
	{Name: "reconnect-delay", Max: float64(maxTime), Help: "pause before reopening",
		field: func(c *Config) any { return &c.ReconnectDelay }},
	{Name: "connect-rate", Max: MaxRate, Help: "new connections per second; 0 = no limit",
		field: func(c *Config) any { return &c.ConnectRate }},
	{Name: "connect-timeout", Default: float64(5 * time.Second), Min: float64(leastTime),
		Max: float64(maxTime), Help: "after it, a connect counts as failed",
		field: func(c *Config) any { return &c.ConnectTimeout }},
	{Name: "echo-timeout", Default: float64(500 * time.Millisecond), Min: float64(leastTime),
		Max: float64(maxTime), Help: "an echo older than this counts once as late (Echo Not Recv)",
		field: func(c *Config) any { return &c.EchoTimeout }},
	{Name: "drain-timeout", Default: float64(5 * time.Second), Min: float64(leastTime),
		Max: float64(maxTime), Help: "how long STOP waits for Wait Echo Count 0",
		field: func(c *Config) any { return &c.DrainTimeout }},
	{Name: "quiet", Default: float64(200 * time.Millisecond), Max: float64(maxTime),
		Help:  "after the drain: any byte that still arrives is a fault",
		field: func(c *Config) any { return &c.Quiet }},
	// Half of the cores are the server's: with all of them the two fight for the processor, and the
	// tester is the bottleneck.
	{Name: "dummy-workers", Default: float64(min(max(1, runtime.GOMAXPROCS(0)/2), iocp.MaxWorkers)),
		Min: 1, Max: iocp.MaxWorkers, Help: "worker threads of the dummies",
		field: func(c *Config) any { return &c.Workers }},
}

// Knobs are all there are, in the order of the help.
func Knobs() []*Knob { return slices.Clone(knobs) }

// knobNamed finds a knob by its name; nil where there is none.
func knobNamed(name string) *Knob {
	for _, k := range knobs {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Tunable reports whether Control.Tune takes the knob.
func (k *Knob) Tunable() bool { return k.shown != nil }

// Get is the value in a configuration.
func (k *Knob) Get(c *Config) float64 {
	switch p := k.field(c).(type) {
	case *int:
		return float64(*p)
	case *time.Duration:
		return float64(*p)
	default:
		return *p.(*float64)
	}
}

// Set puts a value into a configuration. It does not check it.
func (k *Knob) Set(c *Config, v float64) {
	switch p := k.field(c).(type) {
	case *int:
		*p = int(v)
	case *time.Duration:
		*p = time.Duration(v)
	default:
		*p.(*float64) = v
	}
}

// Kind is the placeholder of a value in the help: N, R (per second) or D (a duration).
func (k *Knob) Kind() string {
	switch k.field(new(Config)).(type) {
	case *int:
		return "N"
	case *time.Duration:
		return "D"
	default:
		return "R"
	}
}

// Format writes a value as Parse reads it.
func (k *Knob) Format(v float64) string {
	if k.Kind() == "D" {
		return time.Duration(v).String()
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Parse reads a value as it is written in a flag. The error says what is accepted.
func (k *Knob) Parse(text string) (float64, error) {
	var v float64
	var err error
	switch k.Kind() {
	case "N":
		var n int
		n, err = strconv.Atoi(text)
		v = float64(n)
	case "D":
		var d time.Duration
		d, err = time.ParseDuration(text)
		v = float64(d)
	default:
		v, err = strconv.ParseFloat(text, 64)
	}
	if err != nil || !k.accepts(v) {
		return 0, fmt.Errorf("want %s", k.wanted())
	}
	return v, nil
}

func (k *Knob) accepts(v float64) bool { return v >= k.Min && v <= k.Max } // no NaN is

func (k *Knob) wanted() string {
	switch k.Kind() {
	case "N":
		return fmt.Sprintf("a whole number from %.0f to %.0f", k.Min, k.Max)
	case "D":
		return fmt.Sprintf("a duration from %s to %s, like 500ms, 10s or 5m", k.Format(k.Min), k.Format(k.Max))
	default:
		return fmt.Sprintf("a number from %.0f to %.0e per second", k.Min, k.Max)
	}
}

// check names the knob, its value and what is accepted.
func (k *Knob) check(v float64) error {
	switch {
	case k.accepts(v):
		return nil
	case k.Kind() == "R":
		return fmt.Errorf("%s: %v per second; accepted: %.0f to %.0e", k.Name, v, k.Min, k.Max)
	}
	return fmt.Errorf("%s: %s; accepted: %s to %s", k.Name, k.Format(v), k.Format(k.Min), k.Format(k.Max))
}

// fillKnobs gives every knob that is 0, where that is not accepted, its default.
func (c *Config) fillKnobs() {
	given := c.Workers
	for _, k := range knobs {
		if k.Min > 0 && k.Get(c) == 0 {
			k.Set(c, k.Default)
		}
	}
	if given == 0 {
		c.Workers = max(1, min(c.Workers, c.Clients))
	}
}

func (c *Config) checkKnobs() error {
	for _, k := range knobs {
		if err := k.check(k.Get(c)); err != nil {
			return err
		}
	}
	return nil
}

// Tuning is a change of the load: the new value of each knob that is named.
type Tuning map[string]float64

// InForce is the value of every knob that can be tuned, as a view has it.
func InForce(s *monitor.View) Tuning {
	t := Tuning{}
	for _, k := range knobs {
		if k.Tunable() {
			t[k.Name] = k.shown(s)
		}
	}
	return t
}

// apply puts a tuning into a configuration. After an error the configuration is of no use.
func (t Tuning) apply(c *Config) error {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		k, v := knobNamed(name), t[name]
		if k == nil || !k.Tunable() {
			return fmt.Errorf("%s: cannot be tuned; accepted: %s", name, strings.Join(tunableNames(), ", "))
		}
		if err := k.check(v); err != nil {
			return err
		}
		if k.Kind() == "N" && v != math.Trunc(v) {
			return fmt.Errorf("%s: %v; accepted: whole numbers", name, v)
		}
		k.Set(c, v)
	}
	return c.checkNumbers()
}

func tunableNames() []string {
	var names []string
	for _, k := range knobs {
		if k.Tunable() {
			names = append(names, k.Name)
		}
	}
	return names
}
