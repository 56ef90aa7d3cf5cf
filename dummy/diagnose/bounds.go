package diagnose

import (
	"fmt"
	"time"

	"dummyload/monitor"
)

// Bounds are the proofs of hostile dummies that a server has no bounds. Package hostile says what
// makes each a proof.
type Bounds struct {
	Oversize     uint64        // connections on which a header was taken that no frame has
	Illegal      string        // what that was
	ZeroLength   uint64        // connections on which a frame of length 0 was taken
	Mute         uint64        // connections on which all answers were kept for a client that reads none
	After        time.Duration // the time that the server had to refuse
	Taken        uint64        // bytes after the header
	Kept, Kernel uint64        // bytes of the answers; bytes that both kernels hold at most
}

func (b *Bounds) causes(dst []cause) []cause {
	why := ""
	if b.Oversize > 0 {
		why = fmt.Sprintf("%s was not refused: %v later the server still took what followed, "+
			"%s bytes and more", b.Illegal, b.After, monitor.Count(b.Taken))
	}
	if b.ZeroLength > 0 {
		if why != "" {
			why += "; "
		}
		why += fmt.Sprintf("a frame of length 0 was not refused: a right one, %v later on the "+
			"same connection, was answered", b.After)
	}
	dst = add(dst, monitor.LimitIgnored, b.Oversize+b.ZeroLength, "%s", why)
	return add(dst, monitor.MemoryGrowth, b.Mute, "a client that read no answer could send %s bytes, "+
		"and got every one back when it began to read: both kernels hold %s at the most, the rest was "+
		"kept in the server's memory", monitor.Count(b.Kept), monitor.Count(b.Kernel))
}
