package monitor

// Ticket is the number of a verb that was given to the fleet: START, STOP, Tune, Mark. A fleet counts its
// verbs from 1. 0 is no ticket.
type Ticket uint64

// Confirms reports whether all workers have obeyed the verb of a ticket and every verb before it, so that
// the numbers of this view have it in them.
func (s *View) Confirms(t Ticket) bool { return s.Ticket >= t }
