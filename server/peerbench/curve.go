package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// mostInFlight bounds what a cell of the curve has outstanding: the kernel holds it twice.
const mostInFlight = 512 << 20

// openPercents are the open-loop rates, of what the closed loop reached.
var openPercents = [...]int{50, 80, 95}

// curveCells are connections × window × bytes; the usual ones are those where two of the
// three are the middle one, which shows each axis on its own.
func curveCells(all bool) []cell {
	var cells []cell
	for ci, c := range []int{100, 1000, 5000, 19000} {
		for wi, w := range []int{1, 16, 200} {
			for bi, bytes := range []int{8, 64, 1024, 16384} {
				usual := (ci == 1 && bi == 1) || (wi == 0 && bi == 1) ||
					(ci == 1 && wi == 0) || (ci == 1 && wi == 1)
				next := cell{Connections: c, Bytes: bytes, Outstanding: w}
				if (all || usual) && next.inFlight() <= mostInFlight {
					cells = append(cells, next)
				}
			}
		}
	}
	return cells
}

// curvePlans has two plans for each cell: the open loop takes its rates from what the closed one
// has reached.
func (b *bench) curvePlans(client *program) []plan {
	var plans []plan
	for _, c := range curveCells(b.options.all) {
		p := pair{find(servers, oursUring), client, c}
		plans = append(plans, plan{table: curveTable, rows: []row{{closedLoop, p}}})
		open := plan{table: curveTable}
		for _, percent := range openPercents {
			p.cell.Rate = -percent
			open.rows = append(open.rows, row{fmt.Sprintf("open loop, %d %%", percent), p})
		}
		plans = append(plans, open)
	}
	return plans
}

const closedLoop = "closed loop"

// settleRates replaces a rate below zero, a percentage, by that much of the closed loop's.
// Where the closed loop failed there is no open one.
func (b *bench) settleRates(p *plan) {
	var settled []row
	for _, r := range p.rows {
		if percent := -r.cell.Rate; percent > 0 {
			r.cell.Rate = 0
			closed := findResult(b.results, curveTable, closedLoop, r.cell)
			if closed == nil {
				continue
			}
			r.cell.Rate = max(1, int(closed.median(throughput))*percent/100)
		}
		settled = append(settled, r)
	}
	p.rows = settled
}

// printCurve prints the whole curve as one table.
func printCurve(w io.Writer, all []*result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "connections\tbytes\toutstanding\t\techoes/s\tserver µs\tclient µs\tserver MB\tclient MB"+
		"\tp50 µs\tp99 µs\tsend lag p99 µs\tsaturated")
	for _, r := range all {
		saturated := 0
		for i := range r.Rounds {
			if r.Rounds[i].Saturated {
				saturated++
			}
		}
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%d of %d\n",
			r.Cell.Connections, r.Cell.Bytes, r.Cell.Outstanding, r.Name, r.median(throughput),
			r.median(serverCPU), r.median(clientCPU), r.median(serverMB), r.median(clientMB),
			r.median(p50), r.median(p99), r.median(sendLag), saturated, len(r.Rounds))
	}
	_ = t.Flush()
}
