package hostile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"dummyload/server/frame"
)

// Kind is what a hostile dummy does wrong.
type Kind uint8

// The kinds.
const (
	Oversize   Kind = iota // declares more than any frame may have, and goes on sending
	ZeroLength             // sends a frame of length 0
	HalfHeader             // sends half a header, and stays
	Flood                  // sends right frames without a window, at a pace
	Silent                 // says nothing
	Mute                   // sends right frames, and does not read the answers
	Slow                   // sends one byte a second, and receives as rarely
	RSTStorm               // connects, sends, resets and connects again
	numKinds
)

// kinds are the names on the command line, and what a kind sends that no right dummy does: it is not
// in every format.
var kinds = [numKinds]struct {
	name string
	lie  func(*frame.Format, *frame.Values) (bytes []byte, ok bool) // nil: nothing
}{
	Oversize:   {"oversize", (*frame.Format).Oversize},
	ZeroLength: {"zero", (*frame.Format).Zero},
	HalfHeader: {"half-header", (*frame.Format).HalfHeader},
	Flood:      {name: "flood"},
	Silent:     {name: "idle"},
	Mute:       {name: "mute"},
	Slow:       {name: "slow"},
	RSTStorm:   {name: "rst-storm"},
}

// String is the kind's name on the command line.
func (k Kind) String() string { return kinds[k].name }

// Kinds are the names of all of them.
func Kinds() []string {
	var names []string
	for k := range numKinds {
		names = append(names, k.String())
	}
	return names
}

// Group is hostile dummies of one kind, beside the fleet's own: Share of the clients, at least one.
type Group struct {
	Kind  Kind
	Share float64 // above 0, up to 1
}

// DefaultShare is the Share of a kind that is named without one.
const DefaultShare = 0.1

// Parse reads KIND[:SHARE][,…], as in mute:10%,idle.
func Parse(text string) ([]Group, error) {
	var all []Group
	for word := range strings.SplitSeq(text, ",") {
		name, share, shared := strings.Cut(word, ":")
		g := Group{Kind: numKinds, Share: DefaultShare}
		for k := range numKinds {
			if k.String() == name {
				g.Kind = k
			}
		}
		if g.Kind == numKinds {
			return nil, fmt.Errorf("no dummy misbehaves like %q; want %s, each perhaps with a "+
				"share like mute:10%%", name, strings.Join(Kinds(), ", "))
		}
		if shared {
			percent, isPercent := strings.CutSuffix(share, "%")
			n, err := strconv.ParseFloat(percent, 64)
			g.Share = n / 100
			if err != nil || !isPercent || !g.possible() {
				return nil, fmt.Errorf("share %q of %s; want one above 0%% and up to 100%% of "+
					"the clients", share, name)
			}
		}
		all = append(all, g)
	}
	return all, nil
}

// possible reports whether Share is a share; NaN is none.
func (g Group) possible() bool { return g.Share > 0 && g.Share <= 1 }

// of is how many dummies the group has, beside so many clients.
func (g Group) of(clients int) int {
	return max(1, int(math.Round(g.Share*float64(clients))))
}

// Count is how many hostile dummies the groups have, beside so many clients.
func Count(all []Group, clients int) int {
	n := 0
	for _, g := range all {
		n += g.of(clients)
	}
	return n
}

// Check refuses what makes no sense: a kind given twice, or a kind whose wrong header the frame
// cannot have.
func Check(all []Group, f *frame.Format) error {
	var seen [numKinds]bool
	for _, g := range all {
		switch {
		case g.Kind >= numKinds || !g.possible():
			return fmt.Errorf("misbehave: %d, share %v; accepted: a kind, with a share above 0 "+
				"and up to 1", g.Kind, g.Share)
		case seen[g.Kind]:
			return fmt.Errorf("misbehave: %v twice; accepted: each kind once", g.Kind)
		case !g.Kind.fits(f):
			why := "which cannot be wrong like that"
			if g.Kind == ZeroLength && f.MayBeEmpty() {
				why = "where a packet without a body is legal"
			}
			return fmt.Errorf("misbehave: %v with frame %v, %s; accepted: %s", g.Kind, f, why,
				strings.Join(fitting(f), ", "))
		}
		seen[g.Kind] = true
	}
	return nil
}

// fits reports whether a format can have the kind's wrong header.
func (k Kind) fits(f *frame.Format) bool {
	if kinds[k].lie == nil {
		return true
	}
	_, ok := kinds[k].lie(f, new(frame.Values))
	return ok
}

// fitting are the names of the kinds that a format can have.
func fitting(f *frame.Format) (names []string) {
	for k := range numKinds {
		if k.fits(f) {
			names = append(names, k.String())
		}
	}
	return names
}
