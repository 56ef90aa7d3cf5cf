// Package monitor is what can be seen of a run and what it is worth: the fleet and the bundled
// server hand out a Tally, which merges with others exactly; a View is computed from one, and
// everything else reads that.
//
//	fleet, server ──Collect──► Tally ──Sampler──► View ──► Sinks: terminal, progress line
//	                                               │
//	                                               └─ the last one ──► Judge ──► Summary (JSON), report
//
// One table, Metrics, names every number: with its unit, its label on the screen, its place in
// the JSON summary and how to read it off a snapshot. Thresholds, the report and the screen go
// by that table, so that no number has two names.
//
// Nothing here is on the data path but Histogram, which has one writer and no lock.
package monitor
