package monitor

// Tally is what was counted and measured. It holds only what merges exactly: however the events of a run
// are spread over tallies, and in whatever order these are merged, the result is the same. So it has no
// percentile, no rate and no median. Those are in a View, which is computed from a tally. Each worker
// fills a tally, and the fleet's is the merge of them.
//
// A field's type says how it merges. Where that is not enough, a tag does: see merge.
type Tally struct {
	Counts

	// Round trips. Those in which the tester was held up are not in RTT. They are in Held as they were
	// measured, and in Freed without that time. A histogram may be nil, and is empty then.
	RTT, Held, Freed *Histogram
	Recent           *Histogram // all round trips as measured, since the tally before

	Connect *Histogram // from connect to connected
	Lag     *Histogram // open loop: how late an echo was sent, see Generator.SendLag

	PerClient *Histogram // one value for each client: its number of echoes, as nanoseconds
	Silent    uint64     // clients that sent at least one echo and never got any back

	Generator Generator // its SendLag is in Lag
	Drain     Drain
	Server    *Server  // nil when the target is not bundled
	Hostile   *Hostile // nil when no dummy misbehaves
	Before    *Before  // nil unless there was a Reset

	Evidence []Evidence // of each fault the first MaxEvidence, by time and client
	Owed     []Owed     // the oldest first
	Parts    []Part     // those that have ended: the first MaxParts, by number
}

// Counts are the counters of a run.
type Counts struct {
	Ledger      Ledger
	EchoedOff   uint64 // the part of Ledger.Echoed that came while Echo was off: in drains
	WaitUpDown  int64  // Wait Echo Count kept a second time: counted up and down
	Faults      FaultCounts
	Connections Connections
	Bytes       Bytes
	Packets     Packets
	Settling    int // while Connecting: dummies that are not ready yet, and have not failed
}

// Add adds what another counted.
func (c *Counts) Add(o *Counts) { merge(c, o) }

// Merge adds what another tally has. o stays as it is. What the two share, neither of them changes.
func (t *Tally) Merge(o *Tally) { merge(t, o) }

// Reset empties the tally and keeps the memory of its histograms.
func (t *Tally) Reset() {
	*t = Tally{RTT: t.RTT, Held: t.Held, Freed: t.Freed, Recent: t.Recent, Connect: t.Connect,
		Lag: t.Lag, PerClient: t.PerClient}
	t.ResetHistograms()
}

// ResetHistograms empties the histograms, and leaves the rest as it is.
func (t *Tally) ResetHistograms() {
	for _, h := range []*Histogram{t.RTT, t.Held, t.Freed, t.Recent, t.Connect, t.Lag, t.PerClient} {
		h.Reset()
	}
}
