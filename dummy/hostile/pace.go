package hostile

import (
	"time"

	"dummyload/dummy/conn"
)

// How fast hostile dummies are at most, all of one kind together. Without a pace, a few of them keep
// every processor of a small machine busy, and the server's kernel first. What the right dummies see
// then is the machine and not the server. Hostile dummies send small pieces, so that nobody waits
// for a burst. Kinds take turns, so that all together cost no more than the most expensive one.
const (
	paceEvery   = time.Millisecond
	piece       = 8 << 10 // bytes
	floodPieces = 2       // in each paceEvery: 16 MB a second
	fillPieces  = 10      // 80 MB a second
	lateMost    = 4       // turns that are made up for when the machine was busy
)

// pushOn lets a dummy send on and on, in its kind's turns.
func (c *Crowd) pushOn(h *client) {
	if !h.pushing {
		h.pushing = true
		c.pushers[h.kind].Push(h.Slot)
	}
}

// mayPush reports whether a dummy may still send on.
func (c *Crowd) mayPush(h *client) bool {
	return h.State() == conn.Up && (h.kind == Flood || h.filling && h.may < c.amounts.goal(h.kind))
}

// isPaced reports whether anybody waits for a turn.
func (c *Crowd) isPaced() bool {
	return c.engine.Waiting()+c.pushers[Flood].Len()+c.pushers[Oversize].Len()+c.pushers[Mute].Len() > 0
}

// pace takes the turns that are due.
func (c *Crowd) pace() {
	for n := c.turns(c.engine.Now()); n > 0; n-- {
		c.oneTurn()
	}
}

// oneTurn is for the next in the rota that has something to do: a kind that pushes, or one connect
// of any kind. So there are at most 1,000 connects a second.
func (c *Crowd) oneTurn() {
	const rota = 4
	for range rota {
		c.rota = (c.rota + 1) % rota
		done := false
		switch c.rota {
		case 0:
			done = c.push(Flood, floodPieces)
		case 1:
			done = c.push(Oversize, fillPieces)
		case 2:
			done = c.push(Mute, fillPieces)
		case 3:
			if done = c.engine.MayDial(); done {
				c.engine.DialNext()
			}
		}
		if done {
			return
		}
	}
}

// turns is how many turns are due.
func (c *Crowd) turns(now time.Duration) int {
	if now < c.paceAt {
		return 0
	}
	n := min((now-c.paceAt)/paceEvery+1, lateMost)
	c.paceAt += n * paceEvery
	if c.paceAt <= now {
		c.paceAt = now + paceEvery // the other turns are too late and are left out
	}
	return int(n)
}

// push gives pieces to the dummies of one kind in turn. A dummy whose last piece is still being sent
// gets none. push reports whether any dummy got one.
func (c *Crowd) push(by Kind, pieces int) bool {
	q, left := &c.pushers[by], pieces
	each := max(1, pieces/max(1, q.Len()))
	for n := q.Len(); n > 0 && left > 0; n-- {
		h := &c.all[q.Pop()]
		if !c.mayPush(h) {
			h.pushing = false
			continue
		}
		q.Push(h.Slot)
		if !h.Sending() {
			h.may = min(c.amounts.goal(by), h.sentBytes+uint64(each)*piece)
			c.pump(h)
			left -= each
		}
	}
	return left < pieces
}
