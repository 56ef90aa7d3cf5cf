package whole

import (
	"fmt"
	"slices"

	"dummyload/monitor"
	"dummyload/server/iocp/sim"
)

// examine notes what is wrong with a run of the right server.
func (p *play) examine() []string {
	s := &p.last
	if p.port.Died != "" && p.event != killed {
		p.say("the server asserted: %s", p.port.Died)
	}
	if s.Ledger.Wait != 0 {
		p.say("Wait Echo Count %d at the end: %+v", s.Ledger.Wait, s.Owed)
	}
	if s.Ledger.Sent == 0 {
		p.say("no echo was sent")
	}
	if p.event != killed && (!p.audit.OK() || p.audit.Accepted != p.audit.Released) {
		p.say("%s", p.audit)
	}
	if done := p.net.Resets + p.port.Failed + p.net.Refused; done == 0 && p.event == "" &&
		p.verdict.ExitCode == monitor.ExitFault {
		p.say("nothing was done to the right server, and the verdict is %s: %v", p.verdict.Name,
			p.verdict.Reasons)
	}
	for _, name := range p.accused() {
		p.say("the right server is accused of %s; resets %d, posts failed %d, refused %d; %+v",
			name, p.net.Resets, p.port.Failed, p.net.Refused,
			p.last.Evidence[:min(3, len(p.last.Evidence))])
	}
	if p.event != killed && p.last.Faults[monitor.ConnectFailed] != uint64(p.net.Refused) {
		p.say("%d connects were refused, %d are told", p.net.Refused,
			p.last.Faults[monitor.ConnectFailed])
	}
	return p.wrong
}

// earned is what the dummies say of the server, and its audit, by name, sorted.
func (p *play) earned() []string {
	var names []string
	for f := range monitor.NumFaults {
		if p.last.Faults[f] > 0 {
			names = append(names, f.String())
		}
	}
	for _, d := range p.verdict.Diagnoses {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// accused is, of what was earned, what the server is to blame for: what was not done to it.
func (p *play) accused() []string {
	return slices.DeleteFunc(p.earned(), p.explained)
}

// explained reports whether what was done to a right server explains this name.
func (p *play) explained(name string) bool {
	resets, closes := uint64(p.net.Resets), uint64(p.port.Failed)
	count := func(f monitor.Fault) uint64 { return uint64(p.last.Faults[f]) }
	switch p.event {
	case killed:
		return slices.Contains(dies, name)
	case stopped:
		return name == monitor.ServerStalled || name == monitor.Recovered
	}
	switch name {
	case monitor.ResetByServer.String():
		return count(monitor.ResetByServer) <= resets
	case monitor.ClosedByServer.String():
		return count(monitor.ClosedByServer) <= closes
	case monitor.ClosedHealthy: // drawn from these two
		return count(monitor.ResetByServer) <= resets && count(monitor.ClosedByServer) <= closes
	case monitor.Truncated.String(): // the stream ended inside a frame
		return count(monitor.Truncated) <= resets+closes
	case monitor.ConnectFailed.String():
		return count(monitor.ConnectFailed) == uint64(p.net.Refused)
	case monitor.HalfCloseUnanswered: // accuses nobody: a FIN ends a session, and what it has queued
		return true
	case monitor.ServerGone, monitor.Recovered: // most connections at once, and a redial refused
		return resets+closes > 0 && p.net.Refused > 0
	}
	return false
}

// marks are what must happen on some seed: what never happens is not tested.
var marks = [...]string{"echoes", "connections closed by a dummy", "resets by the network",
	"posts of the server that failed", "accepts that failed", "connects refused",
	"things that took long", "workers held up", "echoes owed at STOP", "echoes lost",
	"echoes abandoned", "connects at the server"}

const numMarks = len(marks)

func (p *play) met() [numMarks]int {
	s := &p.last
	return [...]int{int(s.Ledger.Echoed), int(s.Connections.ClosedByDummy), p.net.Resets,
		p.port.Failed, int(p.audit.AcceptFailures), p.net.Refused, p.net.Slowed, p.held,
		int(s.Drain.AtStop), int(s.Ledger.Lost), int(s.Ledger.Abandoned), int(p.audit.Accepted)}
}

// simMarks are those of the simulation that its own hooks do not set.
var simMarks = []sim.Mark{sim.EarlyCompletion, sim.SendBeforeReceive, sim.RecheckTaken,
	sim.FlagContended, sim.ShortSend, sim.HealthyPostFailed, sim.SlotReusedInside,
	sim.HandleReused, sim.ReleaseLost}

// digest is what two runs of one seed must agree in.
func (p *play) digest() string {
	return fmt.Sprintf("%x %d %v %+v %+v %v", p.world.Hash(), p.world.Steps(), p.world.Elapsed(),
		p.last.Ledger, p.last.Connections, p.earned())
}
