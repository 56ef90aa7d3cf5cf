package dummy

import "time"

// How fast hostile dummies are, all of one manner together, at the most. Unpaced, a few of them keep
// every processor of a small machine busy, the server's kernel first: what the others notice
// then is the machine's doing and says nothing of the server. They go on in small steps, so that
// nobody waits for a burst, and manners take turns, so that all cost no more than the dearest one.
const (
	paceEvery   = time.Millisecond
	piece       = 8 << 10 // bytes
	floodPieces = 2       // in each paceEvery: 16 MB a second
	fillPieces  = 10      // 80 MB a second
	lateMost    = 4       // turns that are made up for, where the machine was busy
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

// isPaced reports whether anybody waits for a turn.
func (m *mob) isPaced() bool {
	return m.dials.n+m.pushers[Flood].n+m.pushers[Oversize].n+m.pushers[Mute].n > 0
}

// wakeAt is when there is something to do without a completion.
func (m *mob) wakeAt() time.Duration {
	if m.isPaced() {
		return min(m.scanAt, m.paceAt)
	}
	return m.scanAt
}

// pace lets those go on whose turn it is.
func (m *mob) pace() {
	for n := m.turns(); n > 0; n-- {
		m.oneTurn()
	}
}

// oneTurn is for the next in the rota that has something to do: a manner that pushes, or one connect,
// of whatever manner, 1,000 a second.
func (m *mob) oneTurn() {
	const rota = 4
	for range rota {
		m.rota = (m.rota + 1) % rota
		done := false
		switch m.rota {
		case 0:
			done = m.push(Flood, floodPieces)
		case 1:
			done = m.push(Oversize, fillPieces)
		case 2:
			done = m.push(Mute, fillPieces)
		case 3:
			if done = m.dials.n > 0 && m.dialing < mobDialing; done {
				m.dial(&m.all[m.dials.pop()])
			}
		}
		if done {
			return
		}
	}
}

// turns is how many are due.
func (m *mob) turns() int {
	if m.now < m.paceAt {
		return 0
	}
	n := min((m.now-m.paceAt)/paceEvery+1, lateMost)
	m.paceAt += n * paceEvery
	if m.paceAt <= m.now {
		m.paceAt = m.now + paceEvery // the rest is too late to be made up for
	}
	return int(n)
}

// push gives out pieces to the dummies of one manner in turn, and none to one whose last piece was not
// taken yet. It reports whether anybody got one.
func (m *mob) push(by Manner, pieces int) bool {
	q, left := &m.pushers[by], pieces
	each := max(1, pieces/max(1, q.n))
	for n := q.n; n > 0 && left > 0; n-- {
		h := &m.all[q.pop()]
		if !m.mayPush(h) {
			h.pushing = false
			continue
		}
		q.push(h.slot)
		if !h.sending {
			h.may = min(m.bounds.goal(by), h.sentBytes+uint64(each)*piece)
			m.pump(h)
			left -= each
		}
	}
	return left < pieces
}
