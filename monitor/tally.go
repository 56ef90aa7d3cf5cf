package monitor

// Tally is what was counted and measured: only what merges exactly. A worker fills one, a fleet's is
// the Merge of its workers', a cluster's that of its agents'; however the events of a run are spread
// over tallies, and in whatever order those are merged, the result is the same. So it has no
// percentile, no rate and no median: those are a View's, which is computed from a tally.
//
// How a field merges is said by its type, and by a tag where that does not tell (see merge).
type Tally struct {
	Counts

	// Round trips. Those in which the tester was held up are not in RTT but in two others: as they
	// were measured, and without that time. A histogram may be nil, and is empty then.
	RTT, Held, Freed *Histogram
	Recent           *Histogram // all of them as measured, since the tally before

	Connect *Histogram // from connect to connected
	Lag     *Histogram // open loop: how late an echo was sent, see Generator.SendLag

	PerClient *Histogram // a value for each client: its echoes, one counting as a nanosecond
	Silent    uint64     // clients that sent at least one echo and never got any back

	Generator Generator // its SendLag is in Lag
	Drain     Drain
	Server    *Server  // nil when the target is not bundled
	Hostile   *Hostile // nil when no dummy misbehaves
	Before    *Before  // nil unless there was a Reset

	Evidence []Evidence // of each fault the first MaxEvidence, by time and client
	Owed     []Owed     // the oldest first
	Parts    []Part     // that have ended: the first MaxParts, by number
}

// Counts are the counters of a run, and what goes with them: at every instant exactly what each
// worker has counted.
type Counts struct {
	Ledger      Ledger
	EchoedOff   uint64 // of Ledger.Echoed, those that came while Echo was off: in drains
	WaitUpDown  int64  // Wait Echo Count kept the other way: counted up and down
	Faults      FaultCounts
	Connections Connections
	Bytes       Bytes
	Settling    int // while Connecting: dummies that are not ready yet, and have not failed
}

// Add adds what another counted.
func (c *Counts) Add(o *Counts) { merge(c, o) }

// Merge adds what another tally has; o stays as it is, and nothing of it is shared that either may
// still change.
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
