package diagnose

import "time"

// SlowAnswer is how long an answer may take that is on its way still, of a server whose slowest took
// so long: half as long again, and slack for a machine that has other things to do.
func SlowAnswer(slowest time.Duration) time.Duration {
	const slack = 250 * time.Millisecond
	return slowest + slowest/2 + slack
}

// MayCome reports whether an echo that is owed for so long may be on its way still.
func MayCome(age, slow time.Duration) bool { return age < slow }

// Trickles reports whether a connection that was heard last at a time has brought something within
// the time that answers take there, or within the second half of a drain: one that is stuck brings
// nothing then.
func Trickles(heardAt, now, slow, drain time.Duration) bool {
	return heardAt > 0 && now-heardAt < max(slow, drain/2)
}

// closeLeast is how long the server has at least to answer a FIN. A patient --drain-timeout gives
// it more: both say how slow a right server may be.
const closeLeast = 2 * time.Second

// closePatience is how many times CloseWait a server may take that is still at work on as many
// closes: a right one that thousands of FINs reach at once, on a machine that has other work.
const closePatience = 4

// CloseWait is how long a dummy that has sent its FIN waits for the server's, where the drain may take
// so long and an answer, as far as anybody knows, slow: 0 where nobody knows.
func CloseWait(drain, slow time.Duration) time.Duration {
	wait := max(closeLeast, drain)
	return max(wait, min(slow, closePatience*wait))
}

// FINsAnswered is how far the server is with answering FINs.
type FINsAnswered struct {
	at  time.Duration // when it answered one last; 0 = never
	fin time.Duration // when the youngest FIN was due that it has answered
}

// Note takes an answer to a FIN that was due at a time.
func (a *FINsAnswered) Note(now, due time.Duration) {
	*a = FINsAnswered{at: now, fin: max(a.fin, due)}
}

// Over reports whether the server has had its time, CloseWait, to answer a FIN that was due at a time:
// twice that where it was known to have been accepted only then. As long as it goes on answering
// others that are no younger, it gets more.
func (a *FINsAnswered) Over(now, due, wait time.Duration, twice bool) bool {
	if twice {
		wait *= 2
	}
	age := now - due
	atWork := a.at > 0 && now-a.at < wait && due >= a.fin
	return age > wait && !(atWork && age < closePatience*wait)
}

// Yes, No and Unknown answer what cannot always be told.
const (
	Unknown Answer = iota
	Yes
	No
)

// Answer is to a question that cannot always be answered.
type Answer uint8

// AcceptedOf reports whether the server's program has taken a connection out of its backlog. That is
// so where anything came; otherwise the system knows, or nobody does.
func AcceptedOf(heard bool, q Queue) Answer {
	switch {
	case heard, q.Known && q.Accepted:
		return Yes
	case !q.Known:
		return Unknown
	}
	return No
}

// FIN is one that was not answered in time.
type FIN struct {
	Accepted Answer
	Trickles bool // the server still sends what it was asked for before
	Mute     bool // nothing ever came on the connection
	Asked    bool // echoes were sent on it
	Twice    bool // it had its time twice
	Answers  bool // the server has ever answered anybody
}

// Reading is what is made of a FIN that was not answered.
type Reading uint8

const (
	Excused    Reading = iota // nobody is accused
	Ignored                   // by the server
	Backlogged                // nobody has accepted the connection who could answer
	MoreTime                  // it has its time once more
)

// Read judges it. One that lies in the backlog still has nobody who could, and where that is not known,
// nobody is accused. Nor is a server that still sends what it was asked for before, and one that owes
// echoes and never answered anybody: how long its answers take is not known.
//
// Where nothing ever came, the server may have accepted it this very moment, and has its time
// from now on: more is true then.
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
