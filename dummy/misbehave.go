package dummy

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"dummyload/server/frame"
)

// Manner is what a hostile dummy does wrong.
type Manner uint8

// The manners.
const (
	Oversize   Manner = iota // declares more than the frame format allows, and goes on sending
	ZeroLength               // sends a frame of length 0
	HalfHeader               // sends half a header, and stays
	Flood                    // sends right frames without a window, at a pace
	Silent                   // says nothing
	Mute                     // sends right frames, and does not read the answers
	Slow                     // sends one byte a second, and receives as seldom
	RSTStorm                 // connects, sends, resets and connects again
	numManners
)

// manners are their names on the command line, and the formats in which they mean something.
var manners = [numManners]struct {
	name    string
	formats []frame.Format // nil means all
}{
	Oversize:   {"oversize", []frame.Format{frame.Len32, frame.Line}}, // all of len16 is legal
	ZeroLength: {"zero", []frame.Format{frame.Len16, frame.Len32, frame.Line}},
	HalfHeader: {"half-header", []frame.Format{frame.Len16, frame.Len32}},
	Flood:      {name: "flood"},
	Silent:     {name: "idle"},
	Mute:       {name: "mute"},
	Slow:       {name: "slow"},
	RSTStorm:   {name: "rst-storm"},
}

// String is the manner's name on the command line.
func (m Manner) String() string { return manners[m].name }

// Manners are the names of all of them.
func Manners() []string {
	var names []string
	for m := range numManners {
		names = append(names, m.String())
	}
	return names
}

// Hostile is hostile dummies of one manner. They come beside the fleet's own: as many as Share
// of Clients, and one at least. Nothing they do is in the ledger or counts as a fault, and that
// a server ends their connections is what they expect.
type Hostile struct {
	Manner Manner
	Share  float64 // above 0, up to 1
}

// DefaultShare is the Share of a manner that is named without one.
const DefaultShare = 0.1

// ParseHostile reads KIND[:SHARE][,…], as in mute:10%,idle.
func ParseHostile(text string) ([]Hostile, error) {
	var all []Hostile
	for word := range strings.SplitSeq(text, ",") {
		name, share, shared := strings.Cut(word, ":")
		h := Hostile{Manner: numManners, Share: DefaultShare}
		for m := range numManners {
			if m.String() == name {
				h.Manner = m
			}
		}
		if h.Manner == numManners {
			return nil, fmt.Errorf("no dummy misbehaves like %q; want %s, each perhaps with a "+
				"share like mute:10%%", name, strings.Join(Manners(), ", "))
		}
		if shared {
			percent, isPercent := strings.CutSuffix(share, "%")
			n, err := strconv.ParseFloat(percent, 64)
			h.Share = n / 100
			if err != nil || !isPercent || !h.possible() {
				return nil, fmt.Errorf("share %q of %s; want one above 0%% and up to 100%% of "+
					"the clients", share, name)
			}
		}
		all = append(all, h)
	}
	return all, nil
}

// possible reports whether Share is one; NaN is not.
func (h Hostile) possible() bool { return h.Share > 0 && h.Share <= 1 }

// of is how many dummies that are.
func (h Hostile) of(clients int) int {
	return max(1, int(math.Round(h.Share*float64(clients))))
}

// CheckHostile reports what makes no sense: a manner given twice, or one that the frame format
// has no such thing as a wrong header for.
func CheckHostile(all []Hostile, f frame.Format) error {
	var seen [numManners]bool
	for _, h := range all {
		switch {
		case h.Manner >= numManners || !h.possible():
			return fmt.Errorf("misbehave: %d, share %v; accepted: a manner, with a share above 0 "+
				"and up to 1", h.Manner, h.Share)
		case seen[h.Manner]:
			return fmt.Errorf("misbehave: %v twice; accepted: each kind once", h.Manner)
		case !h.Manner.fits(f):
			return fmt.Errorf("misbehave: %v with frame %v, whose header cannot be wrong like "+
				"that; accepted: frame %s", h.Manner, f, words(manners[h.Manner].formats))
		}
		seen[h.Manner] = true
	}
	return nil
}

func (m Manner) fits(f frame.Format) bool {
	for _, one := range manners[m].formats {
		if one == f {
			return true
		}
	}
	return manners[m].formats == nil
}

// words lists formats for people.
func words(formats []frame.Format) string {
	var names []string
	for _, f := range formats {
		names = append(names, f.String())
	}
	return strings.Join(names, " or ")
}

// hostile is how many hostile dummies there are.
func (c *Config) hostile() int {
	n := 0
	for _, h := range c.Hostile {
		n += h.of(c.Clients)
	}
	return n
}

// checkHostile holds the hostile dummies to what their worker, and this machine, can carry.
func (c *Config) checkHostile() error {
	if err := CheckHostile(c.Hostile, c.Frame); err != nil {
		return err
	}
	return within("misbehave", c.hostile(), 0, MaxClients)
}
