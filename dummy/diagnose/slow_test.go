package diagnose

import (
	"testing"
	"time"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// TestHowLongAnAnswerMayTake: half as long again as the slowest, and slack.
func TestHowLongAnAnswerMayTake(t *testing.T) {
	if got := SlowAnswer(0); got != 250*ms {
		t.Errorf("%v where nobody was slow", got)
	}
	slow := SlowAnswer(600 * ms)
	if slow != 1150*ms || !MayCome(slow-1, slow) || MayCome(slow, slow) {
		t.Errorf("%v", slow)
	}
	for _, c := range []struct {
		heardAt, now, drain time.Duration
		want                bool
	}{
		{0, 60 * sec, 10 * sec, false},        // never heard
		{55 * sec, 60 * sec, 10 * sec, false}, // not in the drain's second half
		{56 * sec, 60 * sec, 10 * sec, true},
		{59 * sec, 60 * sec, sec, true}, // within the time of an answer
		{58 * sec, 60 * sec, sec, false},
	} {
		if got := Trickles(c.heardAt, c.now, slow, c.drain); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestHowLongAFINIsWaitedFor(t *testing.T) {
	for _, c := range []struct{ drain, slow, want time.Duration }{
		{0, 0, 2 * sec}, {5 * sec, 0, 5 * sec}, {sec, 3 * sec, 3 * sec}, {sec, time.Hour, 8 * sec},
	} {
		if got := CloseWait(c.drain, c.slow); got != c.want {
			t.Errorf("drain %v, slow %v: %v, want %v", c.drain, c.slow, got, c.want)
		}
	}
	const due, wait = time.Hour, 5 * sec
	for name, c := range map[string]struct {
		answered time.Duration // when another FIN was, since this one was due; 0 = never
		younger  bool          // that one was
		after    time.Duration
		twice    bool
		want     bool
	}{
		"in time":          {after: wait},
		"nobody answers":   {after: wait + 1, want: true},
		"twice":            {after: 2 * wait, twice: true},
		"at work":          {answered: wait - 1, after: wait + 1},
		"no more at work":  {answered: wait - 1, after: 2*wait - 1, want: true},
		"younger ones":     {answered: wait - 1, younger: true, after: wait + 1, want: true},
		"for ever at work": {answered: 4*wait - 1, after: 4 * wait, want: true},
	} {
		var a FINsAnswered
		if c.answered > 0 {
			of := due
			if c.younger {
				of++
			}
			a.Note(due+c.answered, of)
		}
		if got := a.Over(due+c.after, due, wait, c.twice); got != c.want {
			t.Errorf("%s: over %v", name, got)
		}
	}
}

// TestWhoIgnoresAFIN: what is made of a FIN that was not answered.
func TestWhoIgnoresAFIN(t *testing.T) {
	for name, c := range map[string]struct {
		fin  FIN
		want Reading
	}{
		"was served before":       {FIN{Accepted: Yes, Asked: true, Answers: true}, Ignored},
		"still sends":             {FIN{Accepted: Yes, Trickles: true, Answers: true}, Excused},
		"lies in the backlog":     {FIN{Accepted: No, Mute: true, Answers: true}, Backlogged},
		"nobody knows":            {FIN{Mute: true, Answers: true}, Excused},
		"accepted just now":       {FIN{Accepted: Yes, Mute: true, Answers: true}, MoreTime},
		"… and had its time":      {FIN{Accepted: Yes, Mute: true, Twice: true, Answers: true}, Ignored},
		"never answered anybody":  {FIN{Accepted: Yes, Mute: true, Asked: true, Twice: true}, Excused},
		"… and owes nothing":      {FIN{Accepted: Yes, Mute: true, Twice: true}, Ignored},
		"accepted, heard, silent": {FIN{Accepted: Yes}, Ignored},
	} {
		if got := c.fin.Read(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	for _, c := range []struct {
		heard bool
		q     Queue
		want  Answer
	}{
		{true, Queue{}, Yes}, {false, Queue{}, Unknown}, {false, Queue{Known: true}, No},
		{false, Queue{Known: true, Accepted: true}, Yes},
	} {
		if got := AcceptedOf(c.heard, c.q); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestTheQueueIsFullWhileSYNsAreLost(t *testing.T) {
	if LostSYN(sec / 2) {
		t.Error("a slow connect is no lost SYN")
	}
	if !LostSYN(sec) {
		t.Error("a second is no lost SYN")
	}
	var q FullQueue
	if q.At(0) {
		t.Error("full before any was lost")
	}
	q = q.With(2*sec, 3*sec).With(5*sec/2, 7*sec/2) // of the same storm
	for at, full := range map[time.Duration]bool{
		sec: false, 2*sec - sec/20: true, 2 * sec: true, 13 * sec / 4: true, 7*sec/2 + sec/20: true,
		4 * sec: false,
	} {
		if q.At(at) != full {
			t.Errorf("at %v: full %v, want %v", at, !full, full)
		}
	}
	if q = q.With(10*sec, 11*sec); q.At(3*sec) || !q.At(10*sec) {
		t.Error("a later storm does not replace the earlier one")
	}
}

// TestHowManyResetsAreExcused: as many as the system counts, if it counts for the server; otherwise
// as many as the lost SYNs allow.
func TestHowManyResetsAreExcused(t *testing.T) {
	for _, c := range []struct {
		overflows   uint64
		known, full bool
		lost, want  uint64
	}{
		{3, true, false, 0, 3}, {0, true, true, 9, 0}, {3, false, false, 9, 0}, {0, false, true, 1, 3},
	} {
		if got := Excusable(c.overflows, c.known, c.full, c.lost, 200); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
