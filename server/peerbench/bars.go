package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// bar is a promise about two rows of a table, at some cells.
type bar struct {
	what    string
	table   string
	of      metric
	subject string
	other   string
	limit   float64
	atLeast bool // the ratio must reach the limit; otherwise it must not pass it
	cells   string
}

// The cells where the server must not be slower than what people use otherwise.
const everyCell = "100:32:1,100:32:16,100:1024:1,100:1024:16,1000:32:1,1000:32:16,1000:1024:1," +
	"1000:1024:16,10000:32:1,10000:32:16,10000:1024:1,10000:1024:16"

const hotCells = "1000:32:1,1000:32:16"

var bars = []bar{
	{"server CPU", serverTable, serverCPU, oursUring, cUring, 1.10, false, hotCells},
	{"server CPU", serverTable, serverCPU, oursUring, goNet, 0.75, false, hotCells},
	{"server CPU", serverTable, serverCPU, oursEpoll, cEpoll, 1.20, false, hotCells},
	{"echoes/s", serverTable, throughput, oursUring, goNet, 1, true, everyCell},
	{"echoes/s", serverTable, throughput, oursUring, netpolls, 1, true, everyCell},
	{"echoes/s", serverTable, throughput, oursUring, goNet, 2, true, "1000:1024:16"},
	{"client CPU", clientTable, clientCPU, dummies, cClient, 1.20, false, "1000:32:1"},
	{"client CPU", clientTable, clientCPU, dummies, cClient, 1.50, false, "1000:32:16"},
	{"echoes/s", clientTable, throughput, dummies, goClient, 8, true, "1000:32:16"},
	{"p50", serverTable, p50, oursUring, cEpoll, 1.30, false, "1000:32:1:20000"},
}

// overSendBar is the users' known load, in echoes/s.
const overSendBar = 1_000_000

// met reports whether a ratio is on the right side of the limit.
func (b *bar) met(q ratio) bool {
	if b.atLeast {
		return q.of >= b.limit
	}
	return q.of <= b.limit
}

// printBars prints how the bars stand whose two sides were measured.
func printBars(w io.Writer, all []*result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "bar\tcell\tmust be\tis\t")
	for i := range bars {
		bar := &bars[i]
		for _, c := range mustCells(bar.cells) {
			subject := findResult(all, bar.table, bar.subject, c)
			other := findResult(all, bar.table, bar.other, c)
			if subject == nil || other == nil {
				continue
			}
			q := ratioOf(subject, other, bar.of)
			fmt.Fprintf(t, "%s of %s ÷ %s\t%v\t%s %.2f\t%v\t%s\n", bar.what, bar.subject,
				bar.other, c, sign(bar.atLeast), bar.limit, q, verdict(bar.met(q)))
		}
	}
	if r := findResult(all, aloneTable, aloneTable, overSendCell); r != nil {
		n := r.median(throughput)
		fmt.Fprintf(t, "verified echoes/s in one process\t%v\t≥ %d\t%.0f\t%s\n", overSendCell,
			overSendBar, n, verdict(n >= overSendBar))
	}
	_ = t.Flush()
	fmt.Fprintln(w)
}

func sign(atLeast bool) string {
	if atLeast {
		return "≥"
	}
	return "≤"
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}
