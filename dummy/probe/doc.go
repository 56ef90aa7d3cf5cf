// Package probe finds out which frame, and which login, a server speaks. It asks for one echo in each
// format, on one connection after the other, and judges what comes back as a run would:
//
//	listen      what comes unasked: a login packet, a banner
//	half        half a frame: who sends that back at once speaks no frames (a stream)
//	one try a format    its session, then one echo
//
// A server that is not ours is treated with care: see the limits.
package probe
