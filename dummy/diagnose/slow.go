package diagnose

import "time"

// SlowAnswer is how long an answer may take, if the server's slowest so far took so long: half as
// long again, and slack for a machine that has other things to do.
func SlowAnswer(slowest time.Duration) time.Duration {
	const slack = 250 * time.Millisecond
	return slowest + slowest/2 + slack
}

// MayCome reports whether an echo of that age may still be on its way.
func MayCome(age, slow time.Duration) bool { return age < slow }

// Trickles reports whether a connection has brought something within the time that answers take, or
// within the second half of a drain. A connection that is stuck brings nothing then. heardAt is when
// it last brought something, 0 for never.
func Trickles(heardAt, now, slow, drain time.Duration) bool {
	return heardAt > 0 && now-heardAt < max(slow, drain/2)
}

// closeLeast is how long the server has at least to answer a FIN. A longer --drain-timeout gives it
// more: both say how slow a right server may be.
const closeLeast = 2 * time.Second

// closePatience: a server that still answers other FINs may take so many times CloseWait. A right
// one needs this when thousands of FINs reach it at once, on a machine that has other work.
const closePatience = 4

// CloseWait is how long a dummy that has sent its FIN waits for the server's. The drain may take
// drain. An answer may take slow; 0 means that nobody knows.
func CloseWait(drain, slow time.Duration) time.Duration {
	wait := max(closeLeast, drain)
	return max(wait, min(slow, closePatience*wait))
}

// FINsAnswered is how far the server is with answering FINs.
type FINsAnswered struct {
	at  time.Duration // when it last answered one; 0 = never
	fin time.Duration // when the youngest FIN that it has answered was due
}

// Note takes an answer that came now, to a FIN that was due at the time due.
func (a *FINsAnswered) Note(now, due time.Duration) {
	*a = FINsAnswered{at: now, fin: max(a.fin, due)}
}

// Over reports whether the server has had its time, wait, to answer a FIN that was due at the time
// due. With twice it has that time twice (see MoreTime). It gets more as long as it goes on to
// answer FINs that are no younger.
func (a *FINsAnswered) Over(now, due, wait time.Duration, twice bool) bool {
	if twice {
		wait *= 2
	}
	age := now - due
	atWork := a.at > 0 && now-a.at < wait && due >= a.fin
	return age > wait && !(atWork && age < closePatience*wait)
}

// The answers.
const (
	Unknown Answer = iota
	Yes
	No
)

// Answer is the answer to a question that cannot always be answered.
type Answer uint8

// AcceptedOf says whether the server's program has taken a connection out of its backlog. It has if
// anything came. Otherwise the system knows, or nobody does.
func AcceptedOf(heard bool, q Queue) Answer {
	switch {
	case heard, q.Known && q.Accepted:
		return Yes
	case !q.Known:
		return Unknown
	}
	return No
}

// FIN is a dummy's FIN that was not answered in time.
type FIN struct {
	Accepted Answer
	Trickles bool // the server still sends what it was asked for before
	Mute     bool // nothing ever came on the connection
	Asked    bool // echoes were sent on it
	Twice    bool // the server had its time twice
	Answers  bool // the server has ever answered anybody
}

// Reading is what is made of a FIN that was not answered.
type Reading uint8

const (
	Excused    Reading = iota // nobody is accused
	Ignored                   // the server is accused
	Backlogged                // nobody has accepted the connection, and so nobody can answer
	MoreTime                  // the server has its time once more
)

// Read judges it. A server is not accused if the connection lies in the backlog, or if nobody knows
// that; if it still sends what it was asked for before; or if it owes echoes and never answered
// anybody, as nobody knows how long its answers take.
//
// If nothing ever came, the server may have accepted the connection just now. It then has its time
// from now on.
func (f FIN) Read() Reading {
	switch {
	case f.Trickles, f.Accepted == Unknown:
		return Excused
	case f.Accepted == No:
		return Backlogged
	case f.Mute && f.Asked && !f.Answers:
		return Excused
	case f.Mute && !f.Twice:
		return MoreTime
	}
	return Ignored
}
