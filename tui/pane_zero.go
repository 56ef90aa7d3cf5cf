package tui

import (
	"time"

	"dummyload/monitor"
)

// cell is a count with a name of at most 13 columns.
type cell struct {
	name   string
	faults []monitor.Fault
	gone   bool // counts also the connections lost to a server that is gone
}

// grouped are the faults in groups, as 80 columns have room for them. The page of faults shows each.
var grouped = []cell{
	{"Disconnect", []monitor.Fault{monitor.ClosedByServer, monitor.ResetByServer}, true},
	{"Packet Error", []monitor.Fault{monitor.Corrupt, monitor.Truncated, monitor.Crossed,
		monitor.Stale}, false},
	{"Connect Fail", []monitor.Fault{monitor.ConnectFailed}, false},
	{"Order / Dup", []monitor.Fault{monitor.Reordered, monitor.Duplicate}, false},
	{"LoginPacket", []monitor.Fault{monitor.LoginMissing, monitor.LoginDuplicate}, false},
	{"Missing, owed", []monitor.Fault{monitor.Missing, monitor.NotDrained}, false},
	{"Other", []monitor.Fault{monitor.Unsolicited, monitor.NotReading}, false},
}

// single are all the faults.
var single = []cell{
	{"Disconnect", []monitor.Fault{monitor.ClosedByServer}, false},
	{"PE corrupt", []monitor.Fault{monitor.Corrupt}, false},
	{"Disc. by RST", []monitor.Fault{monitor.ResetByServer}, false},
	{"PE length", []monitor.Fault{monitor.Truncated}, false},
	{"Server gone", nil, true},
	{"PE crossed", []monitor.Fault{monitor.Crossed}, false},
	{"Connect Fail", []monitor.Fault{monitor.ConnectFailed}, false},
	{"PE stale", []monitor.Fault{monitor.Stale}, false},
	{"Login NotRecv", []monitor.Fault{monitor.LoginMissing}, false},
	{"Order", []monitor.Fault{monitor.Reordered}, false},
	{"Login Dup", []monitor.Fault{monitor.LoginDuplicate}, false},
	{"Duplicate", []monitor.Fault{monitor.Duplicate}, false},
	{"Not reading", []monitor.Fault{monitor.NotReading}, false},
	{"Missing", []monitor.Fault{monitor.Missing}, false},
	{"Not drained", []monitor.Fault{monitor.NotDrained}, false},
	{"Unsolicited", []monitor.Fault{monitor.Unsolicited}, false},
}

// count adds up what the cell stands for.
func (c cell) count(s *monitor.View) (n uint64) {
	for _, f := range c.faults {
		n += s.Faults[f]
	}
	for _, d := range s.Diagnoses {
		if c.gone && d.Name == monitor.ServerGone {
			n += uint64(max(d.Connections, 0))
		}
	}
	return n
}

// drawZero shows what a right server never causes, in two columns. Below it is what is only
// watched.
func (u *ui) drawZero(c canvas) {
	in := u.frame(c, "zero", "Must be zero", "")
	s := u.shown
	if s == nil {
		s = &monitor.View{}
	}
	cells := grouped
	if 2*(in.h-1) >= len(single) {
		cells = single
	}
	half := in.w / 2
	for i, cell := range cells {
		n := cell.count(s)
		in.sub(i%2*half, i/2, half, 1).row(0, cell.name, short(n), u.unlessZero(n))
	}
	if b := s.Before; b != nil && b.Bad() > 0 {
		c.right(c.w-2, 0, u.look.bad, " "+short(b.Bad())+" before "+b.At.Format(time.TimeOnly)+" ")
	}
	u.drawWatch(in.sub(0, in.h-1, in.w, 1), s)
}

// drawWatch shows the late echoes: how many, and what share of those sent.
func (u *ui) drawWatch(c canvas, s *monitor.View) {
	late := s.Faults[monitor.Late]
	value, style := short(late), u.look.text
	if late > 0 {
		value += ", " + percent(s.LateShare())
		style = u.look.warn
	}
	x := c.text(1, 0, u.look.title, "Watch ")
	in := c.sub(x-1, 0, c.w-x+1, 1)
	name := "Echo Not Recv"
	if long := name + " " + took(s.EchoTimeout); s.EchoTimeout > 0 &&
		in.width(long)+in.width(value)+3 <= in.w {
		name = long
	}
	in.row(0, name, value, style)
}
