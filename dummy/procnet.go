package dummy

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// receiveQueue is what the system says of the server's end of a connection.
type receiveQueue struct {
	known    bool
	accepted bool // some process has it; until then it lies in the backlog
	bytes    uint64
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

// readReceiveQueues lists the connections to a port of this machine by the address of their
// other end. Linux tells in /proc/net; elsewhere the list is empty.
func readReceiveQueues(port uint16) map[netip.AddrPort]receiveQueue {
	list := make(map[netip.AddrPort]receiveQueue)
	for _, name := range procNet {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		parseReceiveQueues(f, port, list)
		_ = f.Close() // only read
	}
	return list
}

// parseReceiveQueues reads one table of proc(5). The columns are: number, local and remote
// address, state, tx_queue:rx_queue, timer, retransmits, uid, timeout, inode (0 before accept).
func parseReceiveQueues(r io.Reader, port uint16, list map[netip.AddrPort]receiveQueue) {
	const (
		local, remote, queues, inode = 1, 2, 4, 9
		columns                      = 10
	)
	ours := fmt.Appendf(nil, ":%04X ", port)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), ours) {
			continue // most of the table: what lingers of other programs' connections
		}
		field := strings.Fields(lines.Text())
		if len(field) < columns {
			continue
		}
		to, ok := procAddress(field[local])
		from, ok2 := procAddress(field[remote])
		if !ok || !ok2 || to.Port() != port {
			continue
		}
		_, rx, _ := strings.Cut(field[queues], ":")
		unread, err := strconv.ParseUint(rx, 16, 64)
		if err != nil {
			continue
		}
		list[from] = receiveQueue{known: true, accepted: field[inode] != "0", bytes: unread}
	}
}

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
