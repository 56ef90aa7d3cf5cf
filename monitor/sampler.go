package monitor

// Source adds what it knows to a snapshot. The fleet and the bundled server are sources.
type Source interface {
	Collect(*Snapshot)
}

// Sink is shown every snapshot, in order, by the sampler's goroutine: the terminal, the
// progress line. It must not block for long and must not change the snapshot.
type Sink interface {
	Observe(*Snapshot)
}
