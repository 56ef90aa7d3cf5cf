package main

import "fmt"

// mostInFlight bounds what a cell of the curve has outstanding: the kernel holds it twice.
const mostInFlight = 512 << 20

// openShare is the open-loop rate as a share of what the closed loop reached.
const openShare = 0.5

// curveCells are connections × window × bytes; the usual ones are those where two of the
// three are the middle one, which shows each axis on its own.
func curveCells(all bool) []cell {
	var cells []cell
	for ci, c := range []int{100, 1000, 5000, 19000} {
		for wi, w := range []int{1, 16, 200} {
			for bi, bytes := range []int{8, 64, 1024, 16384} {
				usual := (ci == 1 && bi == 1) || (wi == 0 && bi == 1) || (ci == 1 && wi == 0) || (ci == 1 && wi == 1)
				next := cell{Connections: c, Bytes: bytes, Outstanding: w}
				if (all || usual) && next.inFlight() <= mostInFlight {
					cells = append(cells, next)
				}
			}
		}
	}
	return cells
}

// curvePlans has one plan for each cell, so that the open loop after it knows what the closed
// one reached.
func (b *bench) curvePlans(client *program) []plan {
	var plans []plan
	for _, c := range curveCells(b.options.all) {
		p := pair{find(servers, oursUring), client, c}
		plans = append(plans, plan{table: curveTable, title: "dummies against dummyload uring, closed loop",
			rows: []row{{closedLoop, p}}})
		p.cell.Rate = halfOfClosed
		plans = append(plans, plan{table: curveTable, title: "… and in open loop at half of that rate",
			rows: []row{{openLoop, p}}})
	}
	return plans
}

const (
	closedLoop = "closed loop"
	openLoop   = "open loop"
	// halfOfClosed stands for a rate that is known when the plan before was measured.
	halfOfClosed = -1
)

// settleRate fills in an open-loop rate from the closed loop's result.
func (b *bench) settleRate(p *plan) error {
	for i := range p.rows {
		c := &p.rows[i].cell
		if c.Rate != halfOfClosed {
			continue
		}
		c.Rate = 0
		closed := findResult(b.results, curveTable, closedLoop, *c)
		if closed == nil {
			return fmt.Errorf("no closed loop at %v to take a rate from", *c)
		}
		c.Rate = max(1, int(openShare*closed.median(throughput)))
	}
	return nil
}
