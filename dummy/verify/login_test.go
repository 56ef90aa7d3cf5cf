package verify

import (
	"bytes"
	"testing"
)

func TestLogin(t *testing.T) {
	for _, c := range []struct {
		name   string
		hear   func(g *rig)
		faults []string
		in     bool
	}{
		{"first", func(g *rig) {
			g.hear(1, join(g.framed([]byte(loginPacket)), g.echoes(1, 1)))
		}, nil, true},
		{"before anything was sent", func(g *rig) {
			g.hear(0, g.framed([]byte(loginPacket)))
			g.hear(1, g.echoes(1, 1))
		}, nil, true},
		{"never", func(g *rig) { g.hear(1, g.echoes(1, 1)) }, []string{"login_missing:0"}, false},
		{"late", func(g *rig) {
			g.hear(1, join(g.echoes(1, 1), g.framed([]byte(loginPacket))))
		}, []string{"login_missing:0"}, true},
		{"twice", func(g *rig) {
			g.hear(1, join(g.framed([]byte(loginPacket)), g.framed([]byte(loginPacket)), g.echoes(1, 1)))
		}, []string{"login_duplicate:0"}, true},
		{"again later", func(g *rig) {
			g.hear(1, join(g.framed([]byte(loginPacket)), g.echoes(1, 1), g.framed([]byte(loginPacket))))
		}, []string{"login_duplicate:0"}, true},
		{"the clock", func(g *rig) {
			g.stepExpired()
			g.stepExpired()
			g.hear(1, g.echoes(1, 1))
		}, []string{"login_missing:0"}, false},
		{"the clock, after it came", func(g *rig) {
			g.hear(1, join(g.framed([]byte(loginPacket)), g.echoes(1, 1)))
			g.stepExpired()
		}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFormat(t, true, func(t *testing.T, g *rig) {
				c.hear(g)
				g.wantFaults(t, c.faults...)
				if g.r.count("echoed") != 1 || g.st.SessionDone(g.v) != c.in && len(g.p.format.Session) > 0 {
					t.Errorf("echoed %d, done %v", g.r.count("echoed"), g.st.SessionDone(g.v))
				}
			})
		})
	}
}

// A login packet that is on its way when the connection ends is not unsolicited.
func TestLoginCutShort(t *testing.T) {
	eachFormat(t, true, func(t *testing.T, g *rig) {
		whole := g.framed([]byte(loginPacket))
		for n := 1; n < len(whole); n++ {
			g.hear(0, whole[:n])
			g.st.Closing(g.upTo(0))
			g.wantFaults(t)
			g.st.Ended(g.upTo(0))
			g.wantFaults(t, "truncated:0")
			g.st.Begin(g.v)
			g.r.faults = nil
			g.hear(0, whole[:n])
			g.stepExpired()
			g.st.Closing(g.upTo(0))
			g.wantFaults(t, "login_missing:0")
			g.st.Begin(g.v)
			g.r.faults = nil
		}
		g.hear(0, []byte{whole[0] ^ 1})
		g.hear(0, bytes.Repeat([]byte{7}, 3))
		g.st.Closing(g.upTo(0))
		if len(g.r.faults) == 0 && !g.r.closed {
			t.Error("other bytes before the login packet are not told")
		}
	})
}
