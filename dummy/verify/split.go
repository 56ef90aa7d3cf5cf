package verify

// splitOneIn is how many sends one is cut short of, on average. Splitting is never off: a
// server that takes one receive for one message passes every test that does not split.
const splitOneIn = 16

// MinFirstSend is the least that the first send of a connection takes, where there is so much.
// Linux drops what meets a full accept queue, and takes the next segment for the one that
// acknowledges its SYN cookie where that begins 1 to 3 bytes behind (the low bits of a cookie
// number the client's segment size, and nothing else protects them). The connection then opens
// behind bytes that nobody has read, and a right server reads garbage.
const MinFirstSend = 4

// NextCut says how many of the n bytes at hand a dummy's send-th send takes, at least 1. It is
// n but for one send in splitOneIn, which ends at a byte chosen by the seed: half of these
// within the first 16 bytes, where headers and identities lie, the others anywhere. What is
// left over goes out with the next send. The first send is not cut below MinFirstSend. n is at least
// 1; send counts the sends of the connection. The result is a pure function of the arguments, so the
// seed replays it.
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
