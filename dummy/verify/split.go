package verify

// splitOneIn: one send in so many is cut short, on average. This is never off: a server that takes
// one receive for one message passes every test that does not cut.
const splitOneIn = 16

// MinFirstSend is how many bytes the first send of a connection takes at least, if there are so
// many. Linux drops a segment that meets a full accept queue. If the next segment begins 1 to 3
// bytes later, Linux takes it for the acknowledgement of its SYN cookie: the low bits of a cookie
// number the client's segment size, and nothing else protects them. The connection then begins
// after bytes that nobody has read, and a right server reads garbage.
const MinFirstSend = 4

// NextCut says how many of n bytes a send takes: at least 1, and mostly n. One send in splitOneIn
// ends earlier, at a byte that the seed chooses: half of these within the first 16 bytes, where
// headers and identities lie, the others anywhere. What is left over goes out with the next send.
// The first send is not cut below MinFirstSend. n is at least 1. send counts the connection's sends
// from 0. The result is a pure function of the arguments, so the seed replays it.
func (p *Pattern) NextCut(id Ident, send uint64, n int) int {
	who := uint64(id.Client)<<32 | uint64(id.Conn)
	h := fold(fold(who^p.keys[2], send^p.keys[0])^p.keys[1], wordStep)
	if n < 2 || h%splitOneIn != 0 {
		return n
	}
	h /= splitOneIn
	reach := uint64(n - 1)
	if h%2 == 0 {
		reach = min(reach, 16)
	}
	cut := 1 + int(h/2%reach)
	if send == 0 {
		cut = max(cut, min(n, MinFirstSend))
	}
	return cut
}
