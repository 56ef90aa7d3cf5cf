package dummy

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"dummyload/dummy/diagnose"
	"dummyload/monitor/trace"
)

// tcpTable is what the system tells of the connections to a port of this machine, by the address
// of the dummy's end.
type tcpTable struct {
	theirs map[trace.PeerKey]diagnose.Queue // the server's ends
	ours   map[trace.PeerKey]bool           // the dummies' ends of which no server's is known
	here   bool                             // the server is known to be on this system
}

// queue is the server's end of a connection. Where the system has none of it, but others' ends to
// the same port, and the dummy's end is up, then the connection is up on our side only: the
// server's system sent a SYN cookie (tcp_syncookies in tcp(7)), and its accept queue is full still.
// Its program has not accepted it. But if that system has acknowledged what was sent, then it had the
// connection, and something ended it there of which we were not told: nothing is known.
func (t *tcpTable) queue(local trace.PeerKey, acked func() bool) diagnose.Queue {
	q, ok := t.theirs[local]
	if !ok && t.ours[local] && (t.here || len(t.theirs) > 0) {
		q.Known = !acked()
	}
	return q
}

// halves reports whether some connection is up on our side only.
func (t *tcpTable) halves() bool {
	for local := range t.ours {
		if _, ok := t.theirs[local]; !ok {
			return true
		}
	}
	return false
}

// procNet are the system's tables of TCP connections.
var procNet = [...]string{"/proc/net/tcp", "/proc/net/tcp6"}

// SeesReceiveQueues reports whether this system tells how many bytes lie unread at a local
// server's end of a connection. Where it does not, receive_not_rearmed and accept_stalled
// cannot be told from other reasons for silence.
func SeesReceiveQueues() bool {
	f, err := os.Open(procNet[0])
	if err != nil {
		return false
	}
	_ = f.Close() // only read
	return true
}

// readTCPTable lists the connections to a port of this machine. Linux tells in /proc/net; elsewhere
// the list is empty. A table is not read at one instant. So what seems to be up on one side only
// is looked for a second time.
func readTCPTable(port uint16) tcpTable {
	table := readTCPTableOnce(port)
	if !table.halves() {
		return table
	}
	again := readTCPTableOnce(port)
	for local := range table.ours {
		if !again.ours[local] {
			delete(table.ours, local)
		}
	}
	maps.Copy(table.theirs, again.theirs)
	return table
}

func readTCPTableOnce(port uint16) tcpTable {
	table := newTCPTable()
	for _, name := range procNet {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		table.parse(f, port)
		_ = f.Close() // only read
	}
	return table
}

func newTCPTable() tcpTable {
	return tcpTable{
		theirs: make(map[trace.PeerKey]diagnose.Queue), ours: make(map[trace.PeerKey]bool),
	}
}

// parse reads one table of proc(5). The columns are: number, local and remote address, state,
// tx_queue:rx_queue, timer, retransmits, uid, timeout, inode.
func (t *tcpTable) parse(r io.Reader, port uint16) {
	const (
		local, remote, state, queues, inode = 1, 2, 3, 4, 9
		columns                             = 10
	)
	ours := fmt.Appendf(nil, ":%04X ", port)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), ours) {
			continue // most of the table: what lingers of other programs' connections
		}
		field := strings.Fields(lines.Text())
		if len(field) < columns || field[state] == listening {
			continue
		}
		here, ok := procAddress(field[local])
		there, ok2 := procAddress(field[remote])
		_, rx, _ := strings.Cut(field[queues], ":")
		unread, err := strconv.ParseUint(rx, 16, 64)
		switch {
		case !ok || !ok2 || err != nil:
		case here.Port() == port:
			t.theirs[trace.KeyOf(there)] = diagnose.Queue{
				Known: true, Bytes: unread,
				Accepted: field[inode] != "0" || !slices.Contains(waiting, field[state]),
			}
		case there.Port() == port && slices.Contains(halfUp, field[state]):
			t.ours[trace.KeyOf(here)] = true
		}
	}
}

// The states of a connection in the table (include/net/tcp_states.h).
const (
	established = "01"
	synReceived = "03"
	finWait1    = "04" // its FIN is not acknowledged
	closeWait   = "08"
	listening   = "0A"
)

var (
	// waiting are the states in which the server's end has no inode before it is accepted. In the
	// others it has none any more: its program has closed it.
	waiting = []string{established, synReceived, closeWait}
	// halfUp are those of a dummy's end of which nothing says that the server's system has it.
	halfUp = []string{established, finWait1}
)

// procAddress reads HEX:PORT, where HEX is the address in words of 32 bits, each in the
// machine's byte order; all machines this runs on are little-endian.
func procAddress(s string) (netip.AddrPort, bool) {
	addr, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(addr)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err != nil || err2 != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	ip, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), ok
}
