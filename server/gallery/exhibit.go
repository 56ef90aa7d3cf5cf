package gallery

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"dummyload/monitor"
	"dummyload/server/frame"
)

// Exhibit is one server and what the tester must say of it.
type Exhibit struct {
	Name string
	Does string // what it does, in one sentence
	// Want names the faults and diagnoses that must be earned, all of them. None: the server is
	// right, and whatever it is accused of is the tester's mistake.
	Want []string
	// WantSeen names those that are earned only where the system shows how many bytes lie unread
	// at the server's end of a connection (Linux).
	WantSeen []string
	// WantLast names those that only the server's own audit shows, at its end.
	WantLast []string
	// Also names what may be earned beside them: the same wrong seen from another side.
	Also []string
	Load Load

	start    starter
	specimen *kind // instead of start

	// adapt is called when Load.Frame is another than it was: see Under. It changes what is different then,
	// or reports false where the exhibit keeps its own frame. It may be nil.
	adapt func(*Exhibit) bool
}

// starter starts a server on a free loopback port, for clients that speak a format.
type starter func(*frame.Format) (Server, error)

// Right reports whether the server does nothing wrong.
func (e *Exhibit) Right() bool { return len(e.Want) == 0 }

// Start opens the server on a free loopback port. The error is the system's.
func (e *Exhibit) Start() (Server, error) {
	if e.specimen != nil {
		return startSpecimen(*e.specimen, e.Load.Frame)
	}
	return e.start(e.Load.Frame)
}

// Natural is a specimen with its bug's window no wider than it is in the field; false for exhibits
// of another kind.
func (e *Exhibit) Natural() (Exhibit, bool) {
	if e.specimen == nil || e.Right() {
		return Exhibit{}, false
	}
	narrow, k := *e, *e.specimen
	k.natural = true
	narrow.specimen = &k
	return narrow, true
}

// Server is an exhibit at work.
type Server interface {
	// Source adds the server's own books, where it keeps them.
	monitor.Source
	// Addr is where it listens.
	Addr() netip.AddrPort
	// Stop ends it and waits for everything it started. What Collect says then is its audit.
	Stop()
}

// Load is what to put on an exhibit. The zero value of a field means the tester's default, but
// for Frame, which is never nil.
type Load struct {
	Clients, OverSend int
	SizeMin, SizeMax  int           // payload bytes
	Frame             *frame.Format // with the session that comes before the first echo
	Misbehave         string        // dummies that do, beside the clients: as --misbehave says it
	Churn             float64       // connections closed and reopened per second
	Close             string        // how: fin, rst or mixed
	ReconnectDelay    time.Duration
	// ConnectTimeout is also how long each step of a session may take; 0 = so long that it ends nothing.
	ConnectTimeout time.Duration
	DrainTimeout   time.Duration
	Quiet          time.Duration // listened for after the drain
	// Duration is how long echo is on at most: less when everything wanted was named. It is much
	// more than that takes, but where echo has an end of its own.
	Duration time.Duration
	// Unstarted: echo is never on, what is wanted comes by itself, within Duration.
	Unstarted bool
	// StopAt is the fault or diagnosis that takes a STOP to be understood. Where all drains then, it
	// was something else (a machine may be busy): echo is on again, until Duration is over.
	StopAt string
	// Lifetimes, where it is not 0, is how many connections must be opened before echo is over, by
	// churn. That takes Duration at most.
	Lifetimes uint64
}

// longEnough is how long a show goes on where nothing ends it sooner; rightDrain is how long a right
// server may take to drain: a machine that stands still for a while must not make it look wrong.
const (
	longEnough = 15 * time.Second
	rightDrain = 20 * time.Second
)

// usualFrame is the frame of all exhibits that are not about another one, usualLogin the same with the
// login packet.
var (
	usualFrame    = frame.Builtin("len16")
	usualLogin, _ = greeting(usualFrame)
)

// usual is a load that fits most: enough clients to swap, a window to put in disorder.
func usual() Load {
	return Load{
		Clients: 16, OverSend: 4, SizeMin: 16, SizeMax: 128, Frame: usualFrame, Close: "fin",
		DrainTimeout: 2 * time.Second, Quiet: 200 * time.Millisecond, Duration: longEnough,
	}
}

// stuckLoad ends echo as soon as a dummy is stuck.
func stuckLoad(overSend int) Load {
	return with(func(l *Load) { l.OverSend, l.StopAt = overSend, monitor.Late.String() })
}

// with is the usual load with something changed.
func with(change func(*Load)) Load {
	l := usual()
	change(&l)
	return l
}

// All is every exhibit, sorted by name. Each call makes new ones: exhibits share nothing.
func All() []Exhibit {
	all := slices.Concat(wrongAnswers(), wrongByNature(), wrongLifetimes(), wrongLimits(),
		rightServers(), rightSpecimens(), rightLimits())
	slices.SortFunc(all, func(a, b Exhibit) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
