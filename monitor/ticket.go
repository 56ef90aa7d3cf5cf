package monitor

// Ticket is the number of a verb: START, STOP, or a change of the load. Those of one fleet go up.
// 0 is no ticket.
type Ticket uint64

// Confirms reports whether the verb of a ticket, and every one before it, has been taken by all
// workers and is in the numbers of this view.
func (s *View) Confirms(t Ticket) bool { return s.Ticket >= t }
