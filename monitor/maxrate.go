package monitor

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// MaxRate is what the search for the highest rate has found, and each step on the way. A rate is good
// when the p99 of round trips, counted from the due time, stays under the limit and no echo is late.
type MaxRate struct {
	Limit  Limit   `json:"p99_limit_us"` // of the p99
	Done   bool    `json:"-"`            // the search came to its end
	Rate   float64 `json:"rate"`         // echoes/s, confirmed by the last step; 0 = no rate was
	Tester bool    `json:"-"`            // the tester, not the server, is why it is not higher

	// MarshalJSON fills in these two: they follow from the others.
	LimitedBy string `json:"limited_by"` // server, tester, or empty: the search did not tell
	Repeat    string `json:"repeat"`     // flags of a run at that rate, if there is one

	Steps []RateStep `json:"steps"`

	// Windows is set when no rate was bad. Then Rate is all that the closed loop makes with this many
	// dummies and this Over Send.
	Windows bool `json:"-"`
}

// MarshalJSON also writes what follows from the search.
func (m MaxRate) MarshalJSON() ([]byte, error) {
	m.Repeat = m.repeat()
	if m.Done {
		m.LimitedBy = m.limitedBy()
	}
	m.Steps = append([]RateStep{}, m.Steps...) // never null
	type plain MaxRate
	return marshal(plain(m))
}

// Limit is a duration whose JSON is microseconds.
type Limit time.Duration

// String is the duration as Go writes it.
func (l Limit) String() string { return time.Duration(l).String() }

// MarshalJSON writes the number.
func (l Limit) MarshalJSON() ([]byte, error) { return json.Marshal(micros(l)) }

// UnmarshalJSON reads it.
func (l *Limit) UnmarshalJSON(data []byte) error {
	var us float64
	err := json.Unmarshal(data, &us)
	*l = Limit(math.Round(us * 1e3))
	return err
}

// RateStep is one rate tried on all connections: START, some time, STOP, the drain.
type RateStep struct {
	Purpose   StepPurpose `json:"purpose"`
	Asked     float64     `json:"rate_asked"` // 0 = closed loop
	Made      float64     `json:"rate_made"`
	P50       float64     `json:"p50_us"`
	P99       float64     `json:"p99_us"`
	P999      float64     `json:"p99_9_us"`
	Late      uint64      `json:"late"`
	SendLag   float64     `json:"send_lag_p99_us"`
	CPUShare  float64     `json:"cpu_share"` // of the busiest dummy worker
	Saturated bool        `json:"saturated"`
	Verdict   StepVerdict `json:"verdict"`
}

// MarshalJSON writes three decimals.
func (s RateStep) MarshalJSON() ([]byte, error) {
	rounded(&s.Made, &s.P50, &s.P99, &s.P999, &s.SendLag, &s.CPUShare)
	type plain RateStep
	return marshal(plain(s))
}

// StepPurpose is why a step was made.
type StepPurpose string

// The purposes.
const (
	StepEstimate StepPurpose = "estimate" // closed loop: where to begin
	StepSearch   StepPurpose = "search"
	StepConfirm  StepPurpose = "confirm" // of what the search found
)

// StepVerdict is what a step says of its rate.
type StepVerdict string

// The verdicts.
const (
	StepOK     StepVerdict = "ok"
	StepP99    StepVerdict = "p99"    // not under the limit
	StepRate   StepVerdict = "rate"   // the rate was not made: every window was full
	StepLate   StepVerdict = "late"   // echoes that took longer than --echo-timeout
	StepTester StepVerdict = "tester" // one of these, and the tester was the bottleneck
	StepFault  StepVerdict = "fault"  // the server did something wrong; it ends the search
)

func (m *MaxRate) limitedBy() string {
	switch {
	case !m.Done:
		return ""
	case m.Tester:
		return "tester"
	case m.undecided():
		return ""
	}
	return "server"
}

// undecided reports whether the search has ended and says nothing about the server. Either no rate was
// tried, since the closed loop made too few echoes for a p99. Or a rate was good once and not when it
// was tried again. A slow server is only one possible reason for either.
func (m *MaxRate) undecided() bool {
	return m.Done && m.Rate == 0 && (m.lowest() == 0 || m.best() > 0)
}

// repeat is the flags of a run at the rate found, with the same limit as a threshold.
func (m *MaxRate) repeat() string {
	if m.Rate == 0 {
		return ""
	}
	return fmt.Sprintf("--rate %.0f --threshold 'rtt_p99<%v'", m.Rate, m.Limit)
}

// unmet is the reason when no rate met the limit and the tester is not why. The list is empty otherwise.
func (m *MaxRate) unmet(live bool) []string {
	if m == nil || live || !m.Done || m.Tester || m.undecided() || m.Rate > 0 {
		return nil
	}
	return []string{"max-rate: " + m.result()}
}

// unproved is the reason when the search proves nothing: it was cut short, it is undecided, or the
// tester was the bottleneck. The list is empty otherwise.
func (m *MaxRate) unproved(live bool) []string {
	if m == nil || live || m.Done && !m.Tester && !m.undecided() {
		return nil
	}
	return []string{"max-rate: " + m.result()}
}

// result says in one clause what was found.
func (m *MaxRate) result() string {
	rate := Count(uint64(m.Rate)) + " echoes/s"
	under := "with p99 under " + m.Limit.String()
	switch {
	case !m.Done:
		return "not found: the search did not come to its end"
	case m.Rate == 0 && m.Tester:
		return "none found " + under + ": the tester itself was the bottleneck"
	case m.Rate == 0 && m.best() > 0:
		return "none confirmed " + under + ": " + Count(uint64(m.best())) +
			" echoes/s were good, and neither they nor less when tried again"
	case m.Rate == 0 && m.lowest() == 0:
		return "none tried " + under + ": the closed loop made too few echoes for a p99; a longer " +
			"--duration makes more"
	case m.Rate == 0:
		return "none found " + under + ", down to " + Count(uint64(m.lowest())) + " echoes/s"
	case m.Tester:
		return ">= " + rate + " " + under + ", limited by the tester"
	case m.Windows:
		return rate + " " + under + ", as many as the closed loop makes: more --clients or --oversend " +
			"may make more"
	}
	return rate + " " + under
}

// step says which step is under way and what rate it asks for. It is empty without a search. The report
// has the table of all steps.
func (m *MaxRate) step(rate float64) string {
	switch {
	case m == nil:
		return ""
	case m.Done:
		return " search done"
	case rate == 0:
		return fmt.Sprintf(" step %d closed", len(m.Steps)+1)
	}
	return fmt.Sprintf(" step %d %s/s", len(m.Steps)+1, Short(rate))
}

// lowest is the lowest rate that was tried.
func (m *MaxRate) lowest() float64 {
	var low float64
	for _, s := range m.Steps {
		if s.Asked > 0 && (low == 0 || s.Asked < low) {
			low = s.Asked
		}
	}
	return low
}

// best is the highest rate that was good when it was tried, 0 when none was.
func (m *MaxRate) best() float64 {
	var best float64
	for _, s := range m.Steps {
		if s.Verdict == StepOK {
			best = max(best, s.Asked)
		}
	}
	return best
}

// stepColumns fit in the report's width.
const stepColumns = "  %-8s %8s %8s %6s %6s %6s %6s %6s %6s  %s"

// Line is a step in one line of the report, under StepHeader.
func (s RateStep) Line() string {
	asked := "closed"
	if s.Asked > 0 {
		asked = Short(s.Asked) + "/s"
	}
	return fmt.Sprintf(stepColumns, s.Purpose, asked,
		Short(s.Made)+"/s", Micros(s.P50), Micros(s.P99), Micros(s.P999),
		Short(float64(s.Late)), Micros(s.SendLag), formatShare(s.CPUShare), s.Verdict)
}

// StepHeader names the columns of RateStep.Line. In the column asked, closed is the closed loop.
func StepHeader() string {
	return fmt.Sprintf(stepColumns, "step", "asked", "made", "p50", "p99", "p99.9", "late", "lag",
		"cpu", "verdict")
}

// maxRate writes all steps, what was found, and how to run that rate again.
func (r *report) maxRate(m *MaxRate) {
	if m == nil {
		return
	}
	r.line("")
	r.line("%s", StepHeader())
	for _, s := range m.Steps {
		r.line("%s", s.Line())
	}
	r.line("max-rate: %s", m.result())
	if m.Rate > 0 {
		r.line("once more: %s", m.repeat())
	}
}
