package dummy

import (
	"bytes"
	"testing"
)

// A login packet that is on its way when the connection ends was not sent unasked.
func TestLoginCutShort(t *testing.T) {
	eachFormat(t, true, func(t *testing.T, g *rig) {
		whole := g.framed(loginPacket())
		for n := 1; n < len(whole); n++ {
			g.hear(0, whole[:n])
			g.st.closing(g.v, me, 0)
			g.wantFaults(t)
			g.st.ended(g.v, me, 0)
			g.wantFaults(t, "truncated:0")
			g.st.begin(g.v)
			g.r.faults = nil
			g.hear(0, whole[:n])
			g.st.loginExpired(g.v, me)
			g.st.closing(g.v, me, 0)
			g.wantFaults(t, "login_missing:0")
			g.st.begin(g.v)
			g.r.faults = nil
		}
		g.hear(0, []byte{whole[0] ^ 1})
		g.hear(0, bytes.Repeat([]byte{7}, 3))
		g.st.closing(g.v, me, 0)
		if len(g.r.faults) == 0 && !g.r.closed {
			t.Error("other bytes before the login packet are not told")
		}
	})
}
