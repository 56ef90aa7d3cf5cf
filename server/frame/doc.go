// Package frame knows how packets travel, and what is asked and answered. All of it comes from a
// description in YAML: no layout has code of its own. The server, the dummies and whoever judges both
// use it, so that they agree.
//
//	description ──Parse──► Format ──┬─ Next, Join            a stream is cut into whole frames
//	                                ├─ Packet, AppendPacket  a frame and the packet in it
//	                                ├─ Request, Answer, …    Message: one kind of frame, to write and to read
//	                                └─ Server                what a server answers, in packets
//
// A frame is what travels: a header, the body, perhaps a trailer. A packet is what it carries: the
// fields of the frame that differ from packet to packet, and the body. A message says what a packet of
// one kind consists of. The payload is the part of an echo that comes back. A cipher (process) changes
// the bytes of a frame from one field on; before it they are plain.
//
// A Format is made once and read-only. Nothing that is done for each packet takes a lock or allocates,
// but to grow what the caller gives it.
package frame
