package dummy

import "time"

// How fast hostile dummies are, all of one manner together, at the most. Unpaced, a few of them keep
// every processor of a small machine busy, the server's kernel first: what the others notice
// then is the machine's doing and says nothing of the server. They go on in small steps, so that
// nobody waits for a burst.
const (
	paceEvery   = time.Millisecond
	piece       = 16 << 10 // bytes
	floodPieces = 2        // in each paceEvery: 32 MB a second
	fillPieces  = 4        // 64 MB a second
	stormDials  = 2        // 2,000 connections a second
	lateMost    = 4        // turns that are made up for, where the machine was busy
)

// pushOn gives a dummy leave to send on and on.
func (m *mob) pushOn(h *hostile) {
	if !h.pushing {
		h.pushing = true
		m.pushers[h.manner].push(h.slot)
	}
}

// mayPush reports whether it still has it.
func (m *mob) mayPush(h *hostile) bool {
	return h.state == up && (h.manner == Flood || h.filling && h.may < m.bounds.goal(h.manner))
}

// pace lets those go on whose turn it is.
func (m *mob) pace() {
	turns := int(min((m.now-m.paceAt)/paceEvery+1, lateMost))
	m.paceAt += time.Duration(turns) * paceEvery
	if m.paceAt < m.now {
		m.paceAt = m.now + paceEvery // too late to be made up for
	}
	m.push(Flood, turns*floodPieces)
	m.push(Oversize, turns*fillPieces)
	m.push(Mute, turns*fillPieces)
	for n := 0; n < turns*stormDials && m.storm.n > 0; n++ {
		m.dials.push(m.storm.pop())
	}
}

// push gives out pieces to the dummies of one manner in turn, and none to one whose last piece was not
// taken yet.
func (m *mob) push(by Manner, pieces int) {
	q := &m.pushers[by]
	each := max(1, pieces/max(1, q.n))
	for range q.n {
		if pieces <= 0 {
			return
		}
		h := &m.all[q.pop()]
		if !m.mayPush(h) {
			h.pushing = false
			continue
		}
		q.push(h.slot)
		if !h.sending {
			h.may = min(m.bounds.goal(by), h.sentBytes+uint64(each)*piece)
			m.pump(h)
			pieces -= each
		}
	}
}
