package verify

import (
	"strings"

	"dummyload/monitor"
)

// Login is the login packet's payload: 0x7fffffffffffffff, 8 bytes little-endian.
const Login = "\xff\xff\xff\xff\xff\xff\xff\x7f"

func isLogin(payload []byte) bool { return string(payload) == Login }

// LoggedIn reports whether the login packet came.
func (st *Stream) LoggedIn() bool { return st.state&loginCame != 0 }

// LoginExpired tells st that no message came in the time that a login packet may take.
func (st *Stream) LoginExpired(j Judgement) {
	if st.state&loginAwaited != 0 {
		st.state &^= loginAwaited
		j.accuse(monitor.LoginMissing, 0, nil, echo{})
	}
}

// greets takes the login packet, and reports whether payload is one. The first message of a
// connection should be the login packet. When it is not, that is told once; a login packet that
// comes later is no fault.
func (st *Stream) greets(j Judgement, payload []byte) bool {
	if !j.login {
		return false
	}
	is := isLogin(payload)
	switch {
	case is && st.state&loginCame != 0:
		j.accuse(monitor.LoginDuplicate, 0, payload, echo{})
	case is:
		st.state |= loginCame
	case st.state&loginAwaited != 0:
		j.accuse(monitor.LoginMissing, 0, payload, echo{})
	}
	st.state &^= loginAwaited
	return is
}

// greeting reports whether a payload that is not whole may be the beginning of a login packet that
// is still expected. Nothing is outstanding then, and yet the payload is not unsolicited.
func (st *Stream) greeting(j Judgement, payload []byte) bool {
	return j.login && !st.LoggedIn() && strings.HasPrefix(Login, string(payload))
}
