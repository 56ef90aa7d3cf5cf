package tui

import (
	"dummyload/monitor"
)

// cell is a count with a name of at most 13 columns.
type cell struct {
	name   string
	faults []monitor.Fault
}

// grouped are the faults as 80 columns have room for them; the page of faults has them apart.
var grouped = []cell{
	{"Disconnect", []monitor.Fault{monitor.ClosedByServer, monitor.ResetByServer}},
	{"Packet Error", []monitor.Fault{monitor.Corrupt, monitor.Truncated, monitor.Crossed,
		monitor.Stale}},
	{"Connect Fail", []monitor.Fault{monitor.ConnectFailed}},
	{"Order / Dup", []monitor.Fault{monitor.Reordered, monitor.Duplicate}},
	{"LoginPacket", []monitor.Fault{monitor.LoginMissing, monitor.LoginDuplicate}},
	{"Lost / owed", []monitor.Fault{monitor.Missing, monitor.NotDrained}},
	{"Echo Not Recv", []monitor.Fault{monitor.Late}},
	{"Other", []monitor.Fault{monitor.Unsolicited, monitor.NotReading}},
}

// single are all the faults.
var single = []cell{
	{"Disconnect", []monitor.Fault{monitor.ClosedByServer}},
	{"PE corrupt", []monitor.Fault{monitor.Corrupt}},
	{"Disc. by RST", []monitor.Fault{monitor.ResetByServer}},
	{"PE length", []monitor.Fault{monitor.Truncated}},
	{"Connect Fail", []monitor.Fault{monitor.ConnectFailed}},
	{"PE crossed", []monitor.Fault{monitor.Crossed}},
	{"Login NotRecv", []monitor.Fault{monitor.LoginMissing}},
	{"PE stale", []monitor.Fault{monitor.Stale}},
	{"Login Dup", []monitor.Fault{monitor.LoginDuplicate}},
	{"Order", []monitor.Fault{monitor.Reordered}},
	{"Echo Not Recv", []monitor.Fault{monitor.Late}},
	{"Duplicate", []monitor.Fault{monitor.Duplicate}},
	{"Not reading", []monitor.Fault{monitor.NotReading}},
	{"Lost", []monitor.Fault{monitor.Missing}},
	{"Not drained", []monitor.Fault{monitor.NotDrained}},
	{"Unsolicited", []monitor.Fault{monitor.Unsolicited}},
}

// drawZero shows what a right server never causes, in two columns.
func (u *ui) drawZero(c canvas) {
	in := u.frame(c, "zero", "Must be zero", "")
	cells := grouped
	if 2*in.h >= len(single) {
		cells = single
	}
	half := in.w / 2
	for i, cell := range cells {
		var n uint64
		if u.shown != nil {
			for _, f := range cell.faults {
				n += u.shown.Faults[f]
			}
		}
		style := u.unlessZero(n)
		if n > 0 && cell.faults[0] == monitor.Late {
			style = u.look.warn
		}
		in.sub(i%2*half, i/2, half, 1).row(0, cell.name, short(n), style)
	}
}
