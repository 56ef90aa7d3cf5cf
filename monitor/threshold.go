package monitor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Threshold is a demand on one metric, as in rtt_p99<5ms.
type Threshold struct {
	expr   string
	metric Metric
	op     string
	limit  float64 // in the metric's unit
}

// ThresholdResult is what a threshold comes to in a view.
type ThresholdResult struct {
	Expr  string `json:"expr"`
	Value string `json:"value"` // "n/a" when the metric was not measured; then OK is false
	OK    bool   `json:"ok"`

	measured bool
}

// operators has each longer one before the one that it begins with.
var operators = []string{"<=", ">=", "==", "!=", "<", ">"}

// ParseThreshold reads METRIC OP VALUE. Spaces may stand between them. OP is one of < <= > >= == !=.
// VALUE fits the metric: a time needs its unit (ns, us, µs, ms, s), a share is 0.5 or 50%, and anything
// else is a number, which k, M or G may follow (times 10³, 10⁶, 10⁹). The error is one line that names
// the value and what is accepted.
func ParseThreshold(expr string) (Threshold, error) {
	fail := func(format string, args ...any) (Threshold, error) {
		return Threshold{}, fmt.Errorf("%q: %s", Clean(expr), fmt.Sprintf(format, args...))
	}
	name, op, value, ok := splitExpr(expr)
	if !ok {
		return fail("not a threshold; accepted: METRIC OP VALUE with OP one of < <= > >= == !=, " +
			"as in rtt_p99<5ms")
	}
	m, ok := MetricByName(name)
	if !ok {
		return fail("no metric is called %q; accepted: %s", Clean(name), metricNames())
	}
	limit, ok := m.Unit.parse(value)
	if !ok {
		return fail("%s is %s", m.Name, m.Unit.accepted())
	}
	return Threshold{expr: name + op + value, metric: m, op: op, limit: limit}, nil
}

// splitExpr cuts an expression at its first operator.
func splitExpr(expr string) (name, op, value string, ok bool) {
	at := strings.IndexAny(expr, "<>=!")
	if at < 0 {
		return "", "", "", false
	}
	for _, op := range operators {
		if strings.HasPrefix(expr[at:], op) {
			name = strings.TrimSpace(expr[:at])
			value = strings.TrimSpace(expr[at+len(op):])
			return name, op, value, name != "" && value != ""
		}
	}
	return "", "", "", false
}

func metricNames() string {
	names := make([]string, 0, len(metrics))
	for _, m := range metrics {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}

// suffix is what may follow a number, and what it multiplies by.
type suffix struct {
	text   string
	factor float64
}

// times are in nanoseconds. The units of two letters stand before "s", since they end in it.
var times = []suffix{{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"s", 1e9}}

var (
	decimals = []suffix{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"", 1}}
	shares   = []suffix{{"%", 0.01}, {"", 1}}
)

// parse reads a value in the unit. It accepts only numbers that are not negative.
func (u Unit) parse(s string) (float64, bool) {
	switch u {
	case Microseconds:
		v, ok := parseSuffixed(s, times)
		return v / 1e3, ok
	case Milliseconds:
		v, ok := parseSuffixed(s, times)
		return v / 1e6, ok
	case Share:
		return parseSuffixed(s, shares)
	}
	return parseSuffixed(s, decimals)
}

func parseSuffixed(s string, suffixes []suffix) (float64, bool) {
	for _, x := range suffixes {
		number, ok := strings.CutSuffix(s, x.text)
		if !ok {
			continue
		}
		// ParseFloat also reads hexadecimal, underscores, inf and nan. None of these is accepted.
		if number == "" || strings.Trim(number, "0123456789.eE+-") != "" {
			return 0, false
		}
		v, err := strconv.ParseFloat(number, 64)
		v *= x.factor
		return v, err == nil && v >= 0 && !math.IsInf(v, 0)
	}
	return 0, false
}

// accepted says how a value in the unit is written.
func (u Unit) accepted() string {
	switch u {
	case Microseconds, Milliseconds:
		return "a time; accepted: a number with its unit (ns, us, µs, ms, s), as in 5ms"
	case Share:
		return "a share; accepted: a number or percent, as in 0.5 or 50%"
	}
	return "a number; accepted: 0 or more, with k, M or G for thousands and so on, as in 200k"
}

// String is the threshold without spaces.
func (t Threshold) String() string { return t.expr }

// Performance reports whether the tester's own speed has a part in the threshold's metric.
func (t Threshold) Performance() bool { return t.metric.Performance }

// Eval compares the metric in a view with the limit.
func (t Threshold) Eval(s *View) ThresholdResult {
	v := t.metric.Get(s)
	r := ThresholdResult{Expr: t.expr, Value: t.metric.Unit.exact(v), measured: !math.IsNaN(v)}
	switch t.op {
	case "<":
		r.OK = v < t.limit
	case "<=":
		r.OK = v <= t.limit
	case ">":
		r.OK = v > t.limit
	case ">=":
		r.OK = v >= t.limit
	case "==":
		r.OK = v == t.limit
	case "!=":
		r.OK = v != t.limit && r.measured
	}
	return r
}

// exact writes a value with nine digits, so that a value just beyond the limit does not look like it.
func (u Unit) exact(v float64) string {
	switch {
	case math.IsNaN(v):
		return "n/a"
	case u == Microseconds:
		return microsDigits(v, 9)
	case u == Milliseconds:
		return microsDigits(v*1e3, 9)
	}
	return digits(v, 9)
}
