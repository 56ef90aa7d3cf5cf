package iocp

import (
	"testing"
	"time"
)

// TestUringReceiversAreUsedAgain: what a worker knows of a socket is given back however its end came
// about, so that it does not grow with the connections that there ever were.
func TestUringReceiversAreUsedAgain(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		var recv, send Overlapped
		ends := map[string]func(near, far Socket){
			"after the end of the stream": func(near, far Socket) {
				_ = r.w.Recv(far, &recv)
				r.pass()
				r.p.Close(near)
				r.one(&recv)
				r.p.Close(far)
			},
			"while the ring receives": func(near, far Socket) {
				_ = r.w.Recv(far, &recv)
				r.pass()
				_ = r.w.Send(near, []byte("x"), &send)
				r.collect(2, func(Entry) {})
				r.p.Close(far)
				r.p.Close(near)
			},
			"with a chunk that nobody asks for": func(near, far Socket) {
				_ = r.w.Recv(far, &recv)
				r.pass()
				r.write(near, "x")
				r.one(&recv)
				r.write(near, "y")
				r.pass()
				r.p.Close(far)
				r.p.Close(near)
			},
			"before its Recv was in doubt": func(near, far Socket) {
				_ = r.w.Recv(far, &recv)
				r.pass()
				r.write(near, "x")
				r.one(&recv)
				_ = r.w.Recv(far, &recv)
				r.p.Cancel(far)
				r.one(&recv)
				r.p.Close(far)
				r.p.Close(near)
			},
		}
		for name, end := range ends {
			for range receiverSlab/2 + 1 {
				near, far := r.pairs(1)
				end(near[0], far[0])
				r.pass()
			}
			if made := r.w.receivers.made; made > 2 {
				r.Fatalf("closed %s: %d receivers for one connection at a time", name, made)
			}
		}
		if n := r.w.receiving; n != 0 {
			r.Errorf("%d receives of closed sockets", n)
		}
		r.buffersAreBack()
	})
}

// TestUringCloseEndsReceives: a worker that goes while its ring receives for open sockets leaves
// no receive behind, which would write where its buffers were.
func TestUringCloseEndsReceives(t *testing.T) {
	eachUring(t, Config{Workers: 2}, func(r *uringRig) {
		second, err := r.p.Worker()
		if err != nil {
			r.Fatal(err)
		}
		w := second.(*uringWorker)
		near, far := r.pairs(50)
		recvs := make([]Overlapped, len(far))
		for i, s := range far {
			_ = w.Recv(s, &recvs[i])
		}
		for i, s := range near { // each has had a chunk, and the receive goes on, as on new kernels
			if _, err := w.Get(r.batch, 0); err != nil {
				r.Fatal(err)
			}
			r.write(s, "x")
			if e := getOne(r.T, w, &recvs[i]); string(e.Data) != "x" {
				r.Fatalf("%+v", e)
			}
			if w.multishot == 0 { // on old ones it has to be posted again
				_ = w.Recv(far[i], &recvs[i])
			}
		}
		if _, err := w.Get(r.batch, 0); err != nil {
			r.Fatal(err)
		}
		if w.receiving != len(far) {
			r.Fatalf("%d receives are in the ring, want %d", w.receiving, len(far))
		}
		began := time.Now()
		if err := w.Close(); err != nil {
			r.Fatal(err)
		}
		if w.receiving != 0 || w.bufs.mem != nil || time.Since(began) > mostClosing {
			r.Errorf("after %v %d receives are left, buffers unmapped: %v",
				time.Since(began), w.receiving, w.bufs.mem == nil)
		}
		for _, s := range near { // nobody receives it
			r.write(s, "late")
		}
		r.close(near, far)
	})
}

// TestUringLongCopiesAreBounded: sends are submitted before they are too many bytes for one enter,
// and one that is too long by itself is a Syscall, or a collection would wait for all of it.
func TestUringLongCopiesAreBounded(t *testing.T) {
	eachUring(t, Config{}, func(r *uringRig) {
		ring := r.w.ring
		for _, size := range []int{mostCopied / 4, mostCopied + 1} {
			near, far := r.pairs(6)
			sends, payload := make([]Overlapped, len(near)), make([]byte, size)
			for i := range sends {
				_ = r.w.Send(near[i], payload, &sends[i])
				if long := ring.copiesForLong(); long != (size > mostCopied) || ring.sends < size {
					r.Fatalf("send %d of %d bytes, %d to be copied: long is %v", i, size, ring.sends, long)
				}
			}
			r.collect(len(sends), func(e Entry) {
				if e.Err != nil || e.Transferred == 0 {
					r.Errorf("%+v", e)
				}
			})
			if ring.sends != 0 {
				r.Error("what was submitted is counted again")
			}
			r.close(near, far)
		}
	})
}
