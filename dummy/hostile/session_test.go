package hostile

import (
	"bytes"
	"testing"
	"time"

	"dummyload/server/frame"
)

// TestHostileDummiesLogInFirst: every kind in every format that has a session, with numbers of its own.
func TestHostileDummiesLogInFirst(t *testing.T) {
	for _, f := range formats {
		if len(f.Session) == 0 {
			continue
		}
		for k := range numKinds {
			if !k.fits(f) {
				continue
			}
			t.Run(f.String()+" "+k.String(), func(t *testing.T) {
				t.Parallel()
				seen := newMeeting()
				c := against(t, speaks(f, limits{noise: true}, seen), inFormat(f), Group{k, 1})
				untilLong(t, c, func() bool { return loggedIn(f, k, c, seen) })
				if seen.wrong.Load() > 0 {
					t.Errorf("%d packets out of their turn", seen.wrong.Load())
				}
				seen.mu.Lock()
				defer seen.mu.Unlock()
				for client := range seen.clients {
					if m := newMaker(f, 64); !f.Stream && client != m.last && client != m.last-1 {
						t.Errorf("client %d", client)
					}
				}
			})
		}
	}
}

// loggedIn reports whether both dummies are, and have done what their kind does.
func loggedIn(f *frame.Format, k Kind, c *Crowd, seen *meeting) bool {
	seen.mu.Lock()
	clients, logins := len(seen.clients), 0
	for _, n := range seen.clients {
		logins += n
	}
	seen.mu.Unlock()
	if c.maker.sends > 0 && (logins < 2 || f != greeted && clients < 2) {
		return false
	}
	switch k {
	case Oversize, ZeroLength:
		return seen.illegal.Load() >= 2
	case Flood, Mute:
		return seen.echoes.Load() > 100
	case RSTStorm:
		return seen.echoes.Load() >= 2 && c.Totals().Connected > 4
	case HalfHeader, Slow:
		return c.Totals().BytesSent > 0
	}
	return c.Totals().Connected >= 2
}

// TestNobodyWaitsForEver for a session that the server does not know: a right dummy goes on, too.
func TestNobodyWaitsForEver(t *testing.T) {
	for _, f := range []*frame.Format{typed, counted, echo64} {
		seen := newMeeting()
		c := against(t, speaks(f, limits{silent: true}, seen), func(c *Config) {
			c.Frame, c.ConnectTimeout = f, 100*time.Millisecond
		}, Group{Flood, 1})
		untilLong(t, c, func() bool { return seen.echoes.Load() > 100 })
	}
}

// TestAnswersAreRecognised: one that differs in a bit is none, unless that bit may be any.
func TestAnswersAreRecognised(t *testing.T) {
	for _, f := range formats {
		m := newMaker(f, 32)
		c := &Crowd{cfg: Config{Frame: f}, maker: m}
		h := &client{}
		h.Init(3, 100)
		h.Number = 2
		v := m.values(h, 5)
		v.Random = 99 // the server's choice
		right := f.Answer.Begin(nil, &v, len(m.payload))
		right = f.Answer.End(append(right, m.payload...), 0, &v)
		if !c.isAnswer(h, 5, right, true) || c.isAnswer(h, 5, right, false) {
			t.Errorf("%v: %x", f, right)
		}
		if f == counted && c.isAnswer(h, 6, right, true) || f == typed && c.isAnswer(&client{}, 5, right, true) {
			t.Errorf("%v: another request's answer is taken", f)
		}
		for i := range len(right) * 8 {
			wrong := bytes.Clone(right)
			wrong[i/8] ^= 1 << (i % 8)
			if f == counted && 4 <= i/8 && i/8 < 8 { // how many packets the server has sent
				continue
			}
			if c.isAnswer(h, 5, wrong, true) {
				t.Errorf("%v: right with bit %d turned", f, i)
			}
		}
		if c.mayCome(right, true) {
			t.Errorf("%v: an answer may come between answers", f)
		}
	}
}

// TestWhatMayComeBetweenAnswers is what is ignored, and what the session has late.
func TestWhatMayComeBetweenAnswers(t *testing.T) {
	for _, f := range []*frame.Format{typed, counted, echo64} {
		c := &Crowd{cfg: Config{Frame: f}, maker: newMaker(f, 32)}
		may := append([]*frame.Message{}, f.Ignore...)
		for _, s := range f.Session {
			if !s.Send {
				may = append(may, s.Message)
			}
		}
		for _, m := range may {
			v := frame.Values{Packet: 4, Random: 8}
			for _, n := range []int{0, 3, 4000} {
				if !m.OpenEnded() {
					n = 0
				}
				whole := m.End(append(m.Begin(nil, &v, n), make([]byte, n)...), 0, &v)
				if !c.mayCome(whole, true) {
					t.Errorf("%v: %x", f, whole)
				}
				if n > headMost && !c.mayCome(whole[:headMost], false) {
					t.Errorf("%v: the beginning of %x", f, whole)
				}
			}
		}
	}
}
