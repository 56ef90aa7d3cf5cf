package iocp

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bufGroup is the number of a ring's only buffer group.
const bufGroup = 1

// How many receive buffers a worker has: about bufBytes of them, within the limits. They
// bound what it can receive between two Gets, not how many sockets may wait. The kernel takes them
// one after the other. With more of them, a buffer has left the processor's cache when its turn comes
// again; with half as many, there is sometimes none left.
const (
	bufBytes = 2 << 20
	minBufs  = 16
	maxBufs  = 4096
)

// bufCount is the number of buffers of size bytes each, a power of two as the kernel wants.
func bufCount(size int) int {
	n := maxBufs
	for n > minBufs && n > bufBytes/size { // a product may be more than 32 bits hold
		n /= 2
	}
	return n
}

// recvBufs are a worker's receive buffers, lent to the kernel through a ring of their own
// (IORING_REGISTER_PBUF_RING): the kernel takes the oldest when data has come for a receive,
// and its completion names it. The memory is mapped and not of Go's heap: the collector does not
// look at it, and a page that no receive has reached takes no memory.
//
//	lent → (a chunk is received) → held, seen by the poster → (the next Get) → lent
//	                             → kept, until there is a Recv for it, then held
type recvBufs struct {
	size, stride int
	mem          []byte     // the buffers, one every stride bytes
	ringMem      []byte     // where ring lies
	ring         []bufEntry // shared with the kernel, which only reads
	tail         uint16     // our copy of the ring's tail
	held         []uint16   // numbers of the buffers to be lent by the next Get
	chunks       []chunk    // by number: what a buffer that is kept holds
}

// chunk is what a buffer holds, and what came after it on its connection.
type chunk struct {
	size uint32
	next uint16 // 1 + the buffer's number; 0 is none
}

// chunkList is the kept chunks of one connection, oldest first, as 1 + the numbers of their
// buffers; 0 is none.
type chunkList struct{ first, last uint16 }

// openBufs maps n buffers of size bytes and lends them all to the ring r.
func openBufs(r *ring, n, size int) (*recvBufs, error) {
	const line = 64
	b := &recvBufs{size: size, stride: (size + line - 1) &^ (line - 1)}
	b.held, b.chunks = make([]uint16, 0, n), make([]chunk, n)
	var err error
	if b.ringMem, err = mapPrivate(n * int(unsafe.Sizeof(bufEntry{}))); err != nil {
		return nil, err
	}
	if b.mem, err = mapPrivate(n * b.stride); err != nil {
		b.close()
		return nil, err
	}
	// The entries lie in ringMem, which is mapped until close.
	b.ring = unsafe.Slice((*bufEntry)(unsafe.Pointer(&b.ringMem[0])), n)
	reg := bufReg{
		ringAddr:    uint64(uintptr(unsafe.Pointer(&b.ringMem[0]))),
		ringEntries: uint32(n),
		group:       bufGroup,
	}
	if err := uringRegister(r.fd, registerPbufRing, unsafe.Pointer(&reg), 1); err != nil {
		b.close()
		return nil, os.NewSyscallError("io_uring_register", err)
	}
	for i := range n {
		b.held = append(b.held, uint16(i))
	}
	b.lend()
	return b, nil
}

func mapPrivate(size int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON)
	return b, os.NewSyscallError("mmap", err)
}

// close unmaps the memory. The ring must have been closed before.
func (b *recvBufs) close() {
	for _, m := range []*[]byte{&b.mem, &b.ringMem} {
		if *m != nil {
			_ = unix.Munmap(*m)
			*m = nil
		}
	}
}

// keep adds a buffer to a connection's chunks; its first n bytes were received.
func (b *recvBufs) keep(l *chunkList, bid uint16, n int) {
	if n > b.size {
		panic("iocp: the kernel received more than a buffer holds")
	}
	b.chunks[bid] = chunk{size: uint32(n)}
	if l.first == 0 {
		l.first = bid + 1
	} else {
		b.chunks[l.last-1].next = bid + 1
	}
	l.last = bid + 1
}

// takeFirst takes the oldest chunk off. Its buffer is held: it stays as it is until the next Get.
func (b *recvBufs) takeFirst(l *chunkList) []byte {
	bid := l.first - 1
	c := b.chunks[bid]
	l.first = c.next
	b.giveBack(bid)
	off := int(bid) * b.stride
	return b.mem[off : off+int(c.size) : off+int(c.size)]
}

// copyOut moves chunks to the end of a slice.
func (b *recvBufs) copyOut(to []byte, l *chunkList) []byte {
	for l.first != 0 {
		to = append(to, b.takeFirst(l)...)
	}
	return to
}

// drop gives up chunks that nobody waits for any more.
func (b *recvBufs) drop(l *chunkList) {
	for l.first != 0 {
		b.takeFirst(l)
	}
}

// giveBack marks a buffer to be lent by the next Get.
func (b *recvBufs) giveBack(bid uint16) {
	if len(b.held) == cap(b.held) {
		panic("iocp: the kernel handed out a receive buffer twice")
	}
	b.held = append(b.held, bid)
}

// lend gives all held buffers back to the kernel.
func (b *recvBufs) lend() {
	if len(b.held) == 0 {
		return
	}
	for _, bid := range b.held {
		e := &b.ring[int(b.tail)&(len(b.ring)-1)]
		// Field by field: the first entry's tail is the ring's, and not to be cleared. The
		// address is one inside mem, mapped until close.
		e.addr = uint64(uintptr(unsafe.Pointer(&b.mem[int(bid)*b.stride])))
		e.len = uint32(b.size)
		e.bid = bid
		b.tail++
	}
	b.held = b.held[:0]
	// The tail must be stored after the entries. sync/atomic has nothing of 16 bits, so the
	// store takes the bid beside it along, which only we write.
	var word [4]byte
	binary.NativeEndian.PutUint16(word[0:], b.ring[0].bid)
	binary.NativeEndian.PutUint16(word[2:], b.tail)
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&b.ring[0].bid)), // inside ringMem
		binary.NativeEndian.Uint32(word[:]))
}
