package iocptest

import (
	"runtime"
	"time"

	"dummyload/server/iocp"
)

var cancelCases = []Case{
	{
		Name: "CancelReceive", Clause: "C6",
		Why: "Cancel completes a Recv to which nothing has arrived, called by anybody, twice " +
			"over; the peer sees a FIN.",
		run: cancelReceive,
	},
	{
		Name: "CancelSend", Clause: "C6",
		Why: "Cancel completes a Send whose peer does not read.",
		run: cancelSend,
	},
	{
		Name: "CancelAccepts", Clause: "C6",
		Why: "Cancel of a listener completes every pending Accept, without a socket.",
		run: cancelAccepts,
	},
	{
		Name: "CancelConnect", Clause: "C6", os: "linux",
		Why: "Cancel completes a Connect that nobody answers.",
		run: cancelConnect,
	},
	{
		Name: "CancelKeepsHandle", Clause: "C6",
		Why: "A cancelled handle value is not given to another connection before Close.",
		run: cancelKeepsHandle,
	},
	{
		Name: "PostAfterCancel", Clause: "C6",
		Why: "What is posted on a cancelled socket fails or completes soon; it never hangs.",
		run: postAfterCancel,
	},
	{
		Name: "AbortIsReset", Clause: "C6",
		Why: "Abort completes the pending Recv and Send, and the peer sees a RST, not a FIN.",
		run: abortIsReset,
	},
	{
		Name: "AbortIsResetForReceiver", Clause: "C6",
		Why: "A peer that waits in a receive when it is aborted is told so.",
		run: abortIsResetForReceiver,
	},
	{
		Name: "CancelRacesPosts", Clause: "C6",
		Why: "Whatever the order of a Cancel and the posts of another goroutine, each post " +
			"completes.",
		run: cancelRacesPosts,
	},
	{
		Name: "HandleReuse", Clause: "C6",
		Why: "A handle value that is used again carries nothing over from its former life.",
		run: handleReuse,
	},
}

func cancelReceive(r *rig) {
	s, c := r.pair()
	ov := r.recv(s)
	for range 2 {
		r.aside.Go(func() { r.port.Cancel(s) })
	}
	if e := r.wait("the cancelled receive", ov); e.Transferred != 0 {
		r.t.Errorf("received %d bytes", e.Transferred)
	}
	r.mustEnd(c)
}

func cancelSend(r *rig) {
	s, _ := r.pair()
	ov, asked := r.fill(s)
	r.aside.Go(func() { r.port.Cancel(s) })
	if e := r.wait("the cancelled send", ov); e.Transferred >= asked {
		r.t.Errorf("sent all %d bytes to a peer that does not read", asked)
	}
}

func cancelAccepts(r *rig) {
	r.listen(16)
	var ovs []*iocp.Overlapped
	for range 5 {
		ovs = append(ovs, r.accept())
	}
	r.port.Cancel(r.listener)
	for _, ov := range ovs {
		e := r.wait("a cancelled accept", ov)
		if e.Err == nil || e.Socket != iocp.InvalidSocket {
			r.t.Errorf("cancelled Accept: socket %d, %v", e.Socket, e.Err)
		}
	}
}

func cancelConnect(r *rig) {
	r.listen(1)
	// Linux drops the SYNs that find a listener's backlog full: all but the first few of these.
	const connects, answered = 16, 4
	posted := map[*iocp.Overlapped]iocp.Socket{}
	for range connects {
		s := r.socket(r.addr)
		posted[r.connect(s, r.addr)] = s
	}
	for before := -1; before < len(r.done); { // the others wait in the kernel; Cancel ends either
		before = len(r.done)
		r.lookFor(50 * time.Millisecond)
	}
	for ov := range posted {
		if e, done := r.done[ov]; done && e.Err != nil {
			r.t.Errorf("a Connect that nobody answers ended by itself: %v", e.Err)
		}
	}
	r.aside.Go(func() {
		for _, s := range posted {
			r.port.Cancel(s)
		}
	})
	failed := 0
	for ov := range posted {
		if e := r.wait("a cancelled connect", ov); e.Err != nil {
			failed++
		}
	}
	if failed < connects-answered {
		r.t.Errorf("%d of %d cancelled Connects succeeded", connects-failed, connects)
	}
}

func cancelKeepsHandle(r *rig) {
	s, _ := r.pair()
	ov := r.recv(s)
	r.port.Cancel(s)
	r.wait("the cancelled receive", ov)
	for range 8 {
		r.pair() // enters the new socket, which must not be s
	}
	r.port.LocalAddr(s)
	r.port.RemoteAddr(s)
	r.port.Cancel(s)
	r.port.Abort(s)
}

func postAfterCancel(r *rig) {
	s, _ := r.pair()
	r.port.Cancel(s)
	r.mayFail("a receive after Cancel", func(ov *iocp.Overlapped) error {
		return r.w.Recv(s, ov)
	})
	r.mayFail("a send after Cancel", func(ov *iocp.Overlapped) error {
		return r.w.Send(s, []byte("x"), ov)
	})
}

func abortIsReset(r *rig) {
	s, c := r.pair()
	rov := r.recv(s)
	sov, asked := r.fill(s)
	r.aside.Go(func() { r.port.Abort(s) })
	if e := r.wait("the aborted receive", rov); e.Transferred != 0 {
		r.t.Errorf("received %d bytes", e.Transferred)
	}
	if e := r.wait("the aborted send", sov); e.Transferred >= asked {
		r.t.Errorf("sent all %d bytes to a peer that does not read", asked)
	}
	r.port.Abort(s)
	r.close(s)
	buf := make([]byte, 64<<10)
	for {
		if _, err := c.Read(buf); err != nil {
			// Wine forgets a RST that comes while no receive is pending: the peer then reads
			// the end of the stream. The case AbortIsResetForReceiver holds there too.
			if iocp.Classify(err) != iocp.ClassReset && runtime.GOOS != "windows" {
				r.t.Errorf("the peer of an aborted connection read: %v", err)
			}
			return
		}
	}
}

func abortIsResetForReceiver(r *rig) {
	r.listen(16)
	attempts := 1
	if runtime.GOOS == "windows" {
		// The net backend receives in a goroutine, which may begin too late: see abortIsReset.
		attempts = 20
	}
	var e iocp.Entry
	for range attempts {
		if e = r.abortUnderReceive(); iocp.Classify(e.Err) == iocp.ClassReset {
			return
		}
	}
	r.t.Errorf("the peer of an aborted connection received %d bytes: %v", e.Transferred, e.Err)
}

// abortUnderReceive is how the receive of an aborted connection's peer ends.
func (r *rig) abortUnderReceive() iocp.Entry {
	accept, peer := r.accept(), r.socket(r.addr)
	if e := r.wait("the connect", r.connect(peer, r.addr)); e.Err != nil {
		r.t.Fatalf("Connect: %v", e.Err)
	}
	s := r.wait("the accept", accept).Socket
	ov := r.recv(peer)
	r.port.Abort(s)
	r.close(s)
	return r.wait("the receive of an aborted connection's peer", ov)
}

func cancelRacesPosts(r *rig) {
	for i := range 100 {
		s, c := r.pair()
		if i%2 == 0 {
			r.mustWrite(c, []byte("x"))
		}
		r.aside.Go(func() { r.port.Cancel(s) })
		var ovs []*iocp.Overlapped
		for _, post := range []func(*iocp.Overlapped) error{
			func(ov *iocp.Overlapped) error { return r.w.Recv(s, ov) },
			func(ov *iocp.Overlapped) error { return r.w.Send(s, []byte("y"), ov) },
		} {
			ov := new(iocp.Overlapped)
			if post(ov) == nil {
				r.inFlight[ov] = "a post that races with Cancel"
				ovs = append(ovs, ov)
			}
		}
		for _, ov := range ovs {
			r.wait("a post that races with Cancel", ov)
		}
	}
}

func handleReuse(r *rig) {
	var former iocp.Socket
	reused := 0
	for i := range 200 {
		s, c := r.pair()
		if s == former {
			reused++
		}
		former = s
		ov := r.recv(s)
		want := pattern(20, uint32(i))
		r.mustWrite(c, want)
		if e := r.wait("this connection's bytes", ov); string(e.Data) != string(want) {
			r.t.Fatalf("connection %d received %x: %v; want %x", i, e.Data, e.Err, want)
		}
		ov = r.recv(s)
		switch i % 3 {
		case 0:
			r.port.Cancel(s)
		case 1:
			r.port.Abort(s)
		case 2:
			reset(c)
		}
		if e := r.wait("the end of a connection", ov); e.Transferred != 0 {
			r.t.Fatalf("connection %d received %d bytes too many", i, e.Transferred)
		}
		r.close(s)
		c.Close()
	}
	r.t.Logf("%d of 200 connections had their predecessor's handle value", reused)
}
