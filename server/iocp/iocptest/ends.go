package iocptest

import (
	"bytes"
	"io"
	"net"
	"time"

	"dummyload/server/iocp"
)

var endCases = []Case{
	{
		Name: "FinIsZeroBytes", Clause: "C5",
		Why: "The peer's FIN completes a Recv with 0 bytes and no error, and each Recv after it.",
		run: finIsZeroBytes,
	},
	{
		Name: "DataBehindFin", Clause: "C5",
		Why: "Bytes that arrived before a FIN are handed out before it, all of them.",
		cfg: iocp.Config{RecvSize: 64}, run: dataBehindFin,
	},
	{
		Name: "ResetCompletesBoth", Clause: "C4",
		Why: "A RST completes the pending Recv and the pending Send, and one of them says why.",
		run: resetCompletesBoth,
	},
	{
		Name: "ResetBehindData", Clause: "C4",
		Why: "A RST that came together with data, before anybody received or while a Recv waits, " +
			"is not lost behind it: a later Recv ends.",
		run: resetBehindData,
	},
	{
		Name: "FailsAfterPosting", Clause: "C4",
		Why: "Operations on a connection that is already broken still complete.",
		run: failsAfterPosting,
	},
	{
		Name: "ShutdownKeepsReceiving", Clause: "C6",
		Why: "Shutdown sends a FIN behind what was sent and leaves the receiving side open.",
		run: shutdownKeepsReceiving,
	},
	{
		Name: "HalfCloseOwesEchoes", Clause: "C5",
		Why: "A peer that has closed its sending side still gets every echo it is owed.",
		run: halfCloseOwesEchoes,
	},
	{
		Name: "CloseSendsFin", Clause: "C6",
		Why: "Cancel, the completions, Close: the peer sees what was sent and then a FIN.",
		run: closeSendsFin,
	},
}

func timeLeft(r *rig) time.Duration { return time.Until(r.deadline) }

// mustEnd expects the peer to read a FIN next.
func (r *rig) mustEnd(c net.Conn) {
	r.t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		r.t.Fatalf("the peer read %d bytes, %v; want the end of the stream", n, err)
	}
}

func finIsZeroBytes(r *rig) {
	s, c := r.pair()
	ov := r.recv(s)
	c.CloseWrite()
	for range 3 {
		if e := r.wait("the FIN", ov); e.Transferred != 0 || e.Err != nil {
			r.t.Errorf("Recv at the end of the stream: %d bytes, %v", e.Transferred, e.Err)
		}
		ov = r.recv(s)
	}
}

func dataBehindFin(r *rig) {
	for _, recvFirst := range []bool{true, false} {
		s, c := r.pair()
		var ov *iocp.Overlapped
		if recvFirst {
			ov = r.recv(s)
		}
		want := pattern(1000, 3)
		r.mustWrite(c, want)
		c.Close()
		if !recvFirst {
			ov = r.recv(s)
		}
		if got := r.readAll(s, ov); !bytes.Equal(got, want) {
			r.t.Errorf("received %d bytes before the end of the stream, want 1000", len(got))
		}
	}
}

// readAll receives until 0, ov being the first receive.
func (r *rig) readAll(s iocp.Socket, ov *iocp.Overlapped) (all []byte) {
	r.t.Helper()
	for {
		e := r.wait("data or the end of the stream", ov)
		if e.Transferred == 0 {
			if e.Err != nil {
				r.t.Errorf("Recv: %v; want the end of the stream", e.Err)
			}
			return all
		}
		all = append(all, e.Data...)
		ov = r.recv(s)
	}
}

// reset closes the peer with a RST.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	c.Close()
}

// resetBehindData does not ask for the data: some systems drop what a RST overtakes.
func resetBehindData(r *rig) {
	for _, recvFirst := range []bool{true, false} {
		s, c := r.pair()
		var ov *iocp.Overlapped
		if recvFirst {
			ov = r.recv(s)
		}
		r.mustWrite(c, pattern(10, 3))
		reset(c)
		for got := 1; got > 0; {
			if ov == nil {
				ov = r.recv(s)
			}
			got = r.wait("data or the RST", ov).Transferred
			ov = nil
		}
		r.close(s)
	}
}

func resetCompletesBoth(r *rig) {
	s, c := r.pair()
	rov := r.recv(s)
	sov, asked := r.fill(s)
	reset(c)
	re := r.wait("the receive after a RST", rov)
	se := r.wait("the send after a RST", sov)
	if re.Transferred != 0 || se.Transferred >= asked {
		r.t.Errorf("after a RST %d bytes were received, %d of %d sent",
			re.Transferred, se.Transferred, asked)
	}
	if iocp.Classify(re.Err) != iocp.ClassReset && iocp.Classify(se.Err) != iocp.ClassReset {
		r.t.Errorf("after a RST Recv says %v, Send says %v", re.Err, se.Err)
	}
}

func failsAfterPosting(r *rig) {
	s, c := r.pair()
	reset(c)
	r.mayFail("a receive on a broken connection", func(ov *iocp.Overlapped) error {
		return r.w.Recv(s, ov)
	})
	// The Recv has seen the RST, so that no Send can succeed any more.
	for range 3 {
		r.mayFail("a send on a broken connection", func(ov *iocp.Overlapped) error {
			return r.w.Send(s, []byte("x"), ov)
		})
	}
}

func shutdownKeepsReceiving(r *rig) {
	s, c := r.pair()
	ov := r.recv(s)
	r.wait("a send", r.send(s, []byte("bye")))
	r.port.Shutdown(s)
	r.mustRead(c, []byte("bye"))
	r.mustEnd(c)
	r.lookFor(200 * time.Millisecond) // a receive that was ended, too, shows before data hides it
	r.mustWrite(c, []byte("more"))
	if e := r.wait("a receive after Shutdown", ov); string(e.Data) != "more" {
		r.t.Errorf("received %q: %v", e.Data, e.Err)
	}
}

func halfCloseOwesEchoes(r *rig) {
	s, c := r.pair()
	want := pattern(100<<10, 4)
	r.mustWrite(c, want)
	c.CloseWrite()
	owed := r.readAll(s, r.recv(s))
	for rest := owed; len(rest) > 0; {
		e := r.wait("an echo to a half-closed peer", r.send(s, rest))
		if e.Transferred == 0 {
			r.t.Fatalf("Send: %v", e.Err)
		}
		rest = rest[e.Transferred:]
	}
	r.port.Shutdown(s)
	r.mustRead(c, want)
	r.mustEnd(c)
}

func closeSendsFin(r *rig) {
	s, c := r.pair()
	ov := r.recv(s)
	r.wait("a send", r.send(s, []byte("last words")))
	r.port.Cancel(s)
	r.wait("the cancelled receive", ov)
	r.close(s)
	r.mustRead(c, []byte("last words"))
	r.mustEnd(c)
}
