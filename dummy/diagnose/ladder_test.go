package diagnose

import (
	"slices"
	"testing"
	"time"

	"dummyload/monitor"
)

// TestRungs: what each climb comes to, whatever the server does.
func TestRungs(t *testing.T) {
	served := Climb{Owed: 4, Served: true}
	unread := Queue{Known: true, Accepted: true, Bytes: 40}
	read := Queue{Known: true, Accepted: true}
	for name, c := range map[string]struct {
		before Climb
		after  After
		want   Rung
	}{
		"what was owed came":       {served, After{Queue: read, Came: true, Heard: true, Answers: true}, WakeupLost},
		"a part of it":             {served, After{Came: true, Answers: true}, WakeupLost},
		"something else came":      {served, After{Queue: read, Heard: true, Answers: true}, Nothing},
		"the poke lies unread":     {served, After{Queue: unread, Answers: true}, NotRearmed},
		"… by who never answered":  {served, After{Queue: unread}, Unread},
		"… and it shrinks":         {Climb{Served: true, Unread: 50}, After{Queue: unread, Answers: true}, Nothing},
		"… and it has grown":       {Climb{Served: true, Unread: 30}, After{Queue: unread, Answers: true}, NotRearmed},
		"read, and nothing came":   {served, After{Queue: read, Answers: true}, ReadInVain},
		"nobody tells":             {served, After{Answers: true}, ReadInVain},
		"… nor that it was served": {Climb{}, After{Answers: true}, Nothing},
		"it may be slow": {Climb{Served: true, Slow: true},
			After{Queue: unread, Came: true, Heard: true, Answers: true}, Nothing},
		"not accepted": {served, After{Queue: Queue{Known: true, Bytes: 40}, Answers: true}, InBacklog},
		"accepted since": {Climb{},
			After{Queue: read, Backlogged: true, Came: true, Heard: true, Answers: true}, Nothing},
		"came unserved": {Climb{}, After{Came: true, Heard: true, Answers: true}, Nothing},
	} {
		if got := c.before.Read(c.after); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// TestAClimbIsLateOnce: a climb in which the tester was held up gets its time again, once.
func TestAClimbIsLateOnce(t *testing.T) {
	var c Climb
	at := time.Minute
	if c.Late(at, at+HeldUp) {
		t.Error("late while it is on time")
	}
	if !c.Late(at, at+HeldUp+1) || c.Late(at, time.Hour) {
		t.Error("not once")
	}
}

// TestStandstillAndLadderExcludeEachOther: a server that answered a poke did not stand still. If a
// server did, a poke that lies unread proves nothing.
func TestStandstillAndLadderExcludeEachOther(t *testing.T) {
	stalled := []monitor.Diagnosis{{Name: monitor.ServerStalled}}
	recovered := append(slices.Clone(stalled), monitor.Diagnosis{Name: monitor.Recovered})
	unread := Ladder{Receive: Stuck{8, 32}, Well: 1}
	both := Ladder{Receive: Stuck{8, 32}, Wakeup: Stuck{1, 4}, Alive: 1}
	for _, c := range []struct {
		outages []monitor.Diagnosis
		found   Ladder
		want    []string
	}{
		{nil, unread, []string{monitor.ReceiveNotRearmed}},
		{nil, Ladder{Receive: Stuck{8, 32}}, []string{monitor.ServerStalled}}, // on each and every one
		{nil, Ladder{Receive: Stuck{8, 32}, Alive: 1}, []string{monitor.ReceiveNotRearmed}},
		{stalled, unread, []string{monitor.ServerStalled}},
		{stalled, Ladder{Alive: 1}, nil}, // out of step, but not standing still
		{stalled, both, []string{monitor.SendWakeupLost, monitor.ReceiveNotRearmed}},
		{stalled, Ladder{Flag: Stuck{1, 4}}, []string{monitor.SendFlagStuck}},
		{recovered, unread, []string{monitor.ServerStalled, monitor.Recovered, monitor.ReceiveNotRearmed}},
		{recovered, Ladder{Receive: Stuck{8, 32}},
			[]string{monitor.ServerStalled, monitor.Recovered, monitor.ReceiveNotRearmed}},
		{recovered, both, []string{monitor.ServerStalled, monitor.Recovered, monitor.SendWakeupLost,
			monitor.ReceiveNotRearmed}},
	} {
		f := &Facts{Outages: c.outages}
		f.Ladder.Add(&c.found)
		if got := namesOf(Causes(f)); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
			t.Errorf("%v and %+v: %v, want %v", namesOf(c.outages), c.found, got, c.want)
		}
	}
}
