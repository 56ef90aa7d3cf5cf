package dummy

import (
	"fmt"
	"time"

	"dummyload/dummy/diagnose"
	"dummyload/dummy/verify"
	"dummyload/monitor"
)

// books are what a worker has counted, measured and found: each echo's way through the ledger, the
// round trips, and the evidence. They send nothing and close nothing, and have no clock.
type books struct {
	count    counters
	hists    *monitor.Tally // measured since the last report
	slowest  time.Duration  // of all round trips that hists.RTT has no longer
	findings findings
	past     *monitor.Before // before the last Reset; nil without one; not changed once it is here

	endedParts []monitor.Part // ended, and in no report yet
	part       int            // number of the present one
	partName   string
	marked     monitor.Counts // the counts as it began

	keepOwed  bool // after a drain that failed (see writeOff)
	stillOwed stillOwed
	owedList  owedList
	offFrom   uint64        // Ledger.Echoed as far as countOff has seen it
	emptiedAt time.Duration // when Wait Echo Count was last 0
	rings     timeRings
	spans     []verify.Span // scratch
}

// counters are a worker's own, published as a copy in each report. Wait Echo Count is kept
// twice: WaitUpDown is counted up and down, Ledger.Wait is the difference and filled in by balance.
type counters struct {
	monitor.Counts
	signs diagnose.Counts // of what the faults may add up to
}

// balance fills in Ledger.Wait and panics unless every echo is accounted for.
func (c *counters) balance() {
	l := &c.Ledger
	l.Wait = l.Sent - l.Echoed - l.Abandoned - l.Lost
	if int64(l.Wait) != c.WaitUpDown {
		panic(fmt.Sprintf("dummy: Wait Echo Count is %d by difference (%+v) and %d by counting",
			int64(l.Wait), *l, c.WaitUpDown))
	}
}

// reset begins to count anew. Connections stay, and what is outstanding, echoes as well as
// connects, counts as begun since.
func (c *counters) reset(dialing int) {
	*c = counters{Counts: monitor.Counts{
		Ledger:     monitor.Ledger{Sent: uint64(c.WaitUpDown)},
		WaitUpDown: c.WaitUpDown,
		Connections: monitor.Connections{
			Attempted: uint64(dialing), Now: c.Connections.Now, Peak: c.Connections.Now,
		},
	}}
}

// sent counts an echo that begins. It is due at a time; oldest is the first sequence that is
// outstanding, this one included, and window is Over Send.
func (b *books) sent(d *dummy, at time.Duration, oldest uint64, window int) {
	b.keepTime(d, at, oldest, window)
	d.wait++
	d.set(everSent)
	b.count.Ledger.Sent++
	b.count.WaitUpDown++
}

// echoed takes n right answers.
func (b *books) echoed(d *dummy, n uint64) {
	d.wait -= uint32(n)
	d.echoed += n
	d.answered += n
	b.count.Ledger.Echoed += n
	b.count.WaitUpDown -= int64(n)
}

// missed takes n echoes that will not come any more.
func (b *books) missed(d *dummy, n uint64) {
	d.wait -= uint32(n)
	d.gone += n
	b.count.Ledger.Lost += n
	b.count.WaitUpDown -= int64(n)
}

// recovered takes an echo that was counted lost and came after all.
func (b *books) recovered(d *dummy) {
	d.gone--
	d.echoed++
	d.answered++
	b.count.Ledger.Echoed++
	if b.count.Ledger.Lost > 0 {
		b.count.Ledger.Lost--
	} else {
		b.count.Ledger.Sent++ // it was sent, and lost, before Reset
	}
}

// writeOff takes what is still owed on a connection that ends out of the connection's books, and
// returns by how much Wait Echo Count falls. After a drain that failed it does not fall until the
// next START: what was owed then stays owed, and owed gives its lines. So neither the server's close
// nor the last disconnect makes Wait Echo Count look like 0.
func (b *books) writeOff(d *dummy, owed func() []monitor.Owed) uint64 {
	n := uint64(d.wait)
	if b.keepOwed && n > 0 {
		b.stillOwed.echoes += n
		b.stillOwed.lines = append(b.stillOwed.lines, owed()...)
	}
	d.wait = 0
	d.gone += n
	if b.keepOwed {
		return 0
	}
	b.count.WaitUpDown -= int64(n)
	return n
}

// stillOwed is what is owed of connections that have ended after a drain that failed.
type stillOwed struct {
	echoes uint64
	lines  []monitor.Owed
}

// loseStillOwed counts as lost what is owed on connections that are no more: the next START does so.
func (b *books) loseStillOwed() {
	b.keepOwed = false
	b.count.WaitUpDown -= int64(b.stillOwed.echoes)
	b.count.Ledger.Lost += b.stillOwed.echoes
	b.stillOwed = stillOwed{}
}

// countOff counts the echoes that came while echo was off: before START and after STOP.
func (b *books) countOff(echoing bool) {
	if !echoing {
		b.count.EchoedOff += b.count.Ledger.Echoed - b.offFrom
	}
	b.offFrom = b.count.Ledger.Echoed
}

// empty notes when the whole worker has nothing left to wait for.
func (b *books) empty(now time.Duration) {
	if b.count.WaitUpDown == 0 {
		b.emptiedAt = now
	}
}

// measure takes n round trips of one length, and the part of it in which the worker was held up.
func (b *books) measure(rtt, held time.Duration, n uint64) {
	if held == 0 {
		b.hists.RTT.RecordN(rtt, n)
		return
	}
	recordHeld(b.hists, rtt, rtt-held, n)
	b.slowest = max(b.slowest, rtt) // nobody knows which part of it was the server: all of it may be
}

// recordHeld takes n round trips in which the worker was held up, as measured and freed of that time.
func recordHeld(t *monitor.Tally, measured, freed time.Duration, n uint64) {
	if t.Held == nil {
		t.Held, t.Freed = monitor.NewHistogram(), monitor.NewHistogram()
	}
	t.Held.RecordN(measured, n)
	t.Freed.RecordN(freed, n)
}

// slowestYet is the longest round trip there was.
func (b *books) slowestYet() time.Duration { return max(b.slowest, b.hists.RTT.Max()) }

// everAsked reports whether anything was ever sent.
func (b *books) everAsked() bool {
	return b.count.Ledger.Sent > 0 || b.past != nil && b.past.Ledger.Sent > 0
}

// reset begins to count anew; dialing is how many connects are in flight.
func (b *books) reset(dialing int) {
	b.close()
	b.count.reset(dialing)
	b.offFrom = 0
	b.slowest = b.slowestYet()
	b.hists.Reset()
	b.findings = findings{losses: b.findings.losses}
	b.endedParts = nil
	b.beginPart()
}

// mark ends a part of the run and begins one of that name. Echoes are counted anew; connections and
// faults are counted on.
func (b *books) mark(name string) {
	b.count.balance()
	b.slowest = b.slowestYet()
	if b.part < monitor.MaxParts {
		b.endedParts = append(b.endedParts, monitor.Part{Number: b.part, Name: b.partName,
			Difference: b.count.Minus(&b.marked),
			RTT:        b.hists.RTT, Held: b.hists.Held, Freed: b.hists.Freed, Lag: b.hists.Lag})
	}
	connect := b.hists.Connect
	b.hists = measured()
	b.hists.Connect = connect
	c := &b.count
	c.Ledger, c.Bytes, c.Packets = monitor.Ledger{Sent: uint64(c.WaitUpDown)}, monitor.Bytes{}, monitor.Packets{}
	c.Faults[monitor.Late] = 0
	c.EchoedOff, b.offFrom = 0, 0
	b.part, b.partName = b.part+1, name
	b.beginPart()
}

// beginPart has the part that begins count from here.
func (b *books) beginPart() {
	b.count.balance()
	b.marked = b.count.Counts
}

// close adds what was counted since the last Reset to what was counted before it. Another Reset does
// so, since the verdict is about the whole run: a fault is not forgotten with the books that it was
// counted in. What is outstanding counts as sent after that Reset. Of the evidence only what is in no
// report yet is added.
func (b *books) close() {
	b.count.balance()
	c := b.count.Counts
	c.Ledger.Sent -= c.Ledger.Wait
	c.Ledger.Wait, c.Connections.Now, c.Connections.Peak = 0, 0, 0
	var all monitor.Tally // made anew: a report may still have the old one
	all.Merge(&monitor.Tally{Before: b.past})
	all.Merge(&monitor.Tally{Before: &monitor.Before{Ledger: c.Ledger, Faults: c.Faults,
		Connections: monitor.Made{Connections: c.Connections}, Evidence: b.findings.evidence}})
	b.past = all.Before
}

// measured is a tally with room for what a worker measures. A report hands it over whole, and the
// worker goes on with an empty one.
func measured() *monitor.Tally {
	return &monitor.Tally{RTT: monitor.NewHistogram(), Connect: monitor.NewHistogram(),
		Lag: monitor.NewHistogram()}
}
