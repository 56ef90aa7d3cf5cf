package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printTable prints a plan's results: medians, and ratios to the base with their spread.
func printTable(w io.Writer, p plan, all []*result) {
	if len(p.rows) == 0 {
		return
	}
	c := p.rows[0].cell
	base := findResult(all, p.table, p.base, c)
	fmt.Fprintf(w, "%s (connections:bytes:outstanding %v)\n", p.title, c)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "\techoes/s\tserver µs\tclient µs\tp50 µs\tp99 µs\tp99.9 µs"+
		"\tserver MB\tclient MB\twaited")
	if base != nil {
		fmt.Fprintf(t, "\techoes/s ÷ %s", p.base)
		for _, r := range cpuRatios(p.table) {
			fmt.Fprintf(t, "\t%s ÷ %s", r.name, p.base)
		}
	}
	fmt.Fprintln(t)
	for _, row := range p.rows {
		r := findResult(all, p.table, row.name, row.cell)
		if r == nil {
			fmt.Fprintf(t, "%s\tfailed\n", row.name)
			continue
		}
		printRow(t, r, base)
	}
	_ = t.Flush()
	fmt.Fprintln(w)
}

// cpuRatio is a column.
type cpuRatio struct {
	name string
	of   metric
}

// cpuRatios are about the side that differs from row to row in a table.
func cpuRatios(table string) []cpuRatio {
	switch table {
	case clientTable:
		return []cpuRatio{{"CPU", clientCPU}}
	case frameTable:
		return []cpuRatio{{"server CPU", serverCPU}, {"client CPU", clientCPU}, {"CPU of both", bothCPU}}
	}
	return []cpuRatio{{"CPU", serverCPU}}
}

func printRow(w io.Writer, r, base *result) {
	fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.0f%%",
		r.Name, r.median(throughput),
		r.median(serverCPU), r.median(clientCPU), r.median(p50),
		r.median(p99), r.median(p999), r.median(serverMB), r.median(clientMB),
		100*r.median(waited))
	if base != nil {
		fmt.Fprintf(w, "\t%v", ratioOf(r, base, throughput))
		for _, cpu := range cpuRatios(r.Table) {
			fmt.Fprintf(w, "\t%v", ratioOf(r, base, cpu.of))
		}
	}
	if len(r.Failed) > 0 {
		fmt.Fprintf(w, "\t%d failed", len(r.Failed))
	}
	fmt.Fprintln(w)
}

// quiet is how much of the time a side may wait for its core in a run that is worth quoting.
const quiet = 0.05

// warnOfOthers warns where other processes used the machine, too.
func warnOfOthers(w io.Writer, all []*result) {
	busy := 0
	for _, r := range all {
		if r.median(waited) > quiet {
			busy++
		}
	}
	if busy > 0 {
		fmt.Fprintf(w, "%d of %d rows: a side waited for its core for more than %.0f %% of the time. "+
			"Their echoes/s and round\n"+
			"trips are those of a busy machine, and noise; CPU per echo suffers less.\n",
			busy, len(all), 100*quiet)
	}
}
