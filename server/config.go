package server

import (
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"dummyload/server/frame"
	"dummyload/server/iocp"
	"dummyload/server/sendq"
)

// Config describes a server to Start.
type Config struct {
	Listen  netip.AddrPort // port 0 takes a free one
	Backend string         // of server/iocp; empty means "auto"
	Workers int            // worker threads; 0 means one for every two cores, at least 1
	// Frame is how packets travel, and what a session begins with; nil means frame.Builtin("raw"). What
	// its session has the server say first each accepted session is sent before Handler.Accepted.
	Frame       *frame.Format
	MaxSessions int // 0 means DefaultMaxSessions, which is also the most
	// SendQLimit is the most bytes queued per session (see sendq.BlockCost); 0 means
	// DefaultSendQLimit. With less than iocp.DefaultRecvSize even a session whose peer reads may end.
	SendQLimit int
	// Memory is the most bytes that all sessions together hold in SendQ and of frames still
	// arriving. Above five eighths of it the sessions that hold the most are disconnected. 0 means
	// DefaultMemory.
	Memory int64
	// IdleTimeout ends a session that has sent and received nothing for this time. FrameTimeout
	// ends one whose frame is not whole this long after its first byte. 0 means never. Both are
	// counted in ticks: an eighth of the shorter one, at most a second. Time in which this process
	// does not run does not count.
	IdleTimeout, FrameTimeout time.Duration
	Handler                   Handler // nil means one that answers as Frame describes it
	// Skipped is called with each better backend that "auto" could not take, and why; may be nil.
	Skipped func(backend string, err error)
}

// Limits and defaults of Config.
const (
	DefaultMaxSessions = 1 << indexBits
	DefaultSendQLimit  = 8 << 20
	DefaultMemory      = 256 << 20
	MinMemory          = 1 << 20
)

// A block holds whatever a frame needs.
const _ = uint(sendq.MaxBlock - frame.MaxScratch)

const (
	// backlog is the listen queue asked for; the system cuts it to its own limit.
	backlog = 4096

	// replyMost is the most bytes of a block for a chunk's replies, beside the first reply.
	replyMost = 64 << 10

	// acceptPause is how long an idle worker waits before it tries a failed accept again.
	acceptPause = 100 * time.Millisecond

	// forever is the wait of a Get without a limit.
	forever time.Duration = -1
)

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Workers == 0 {
		cfg.Workers = max(1, runtime.NumCPU()/2)
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = DefaultMaxSessions
	}
	if cfg.SendQLimit == 0 {
		cfg.SendQLimit = DefaultSendQLimit
	}
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	if cfg.Frame == nil {
		cfg.Frame = frame.Builtin("raw")
	}
	if cfg.Handler == nil {
		cfg.Handler = answering(cfg.Frame, cfg.MaxSessions)
	}
	switch {
	case !cfg.Listen.IsValid():
		return cfg, fmt.Errorf("server: no listen address")
	case cfg.Workers < 1 || cfg.Workers > iocp.MaxWorkers:
		return cfg, fmt.Errorf("server: %d workers; accepted: 1 to %d", cfg.Workers,
			iocp.MaxWorkers)
	case cfg.MaxSessions < 1 || cfg.MaxSessions > DefaultMaxSessions:
		return cfg, fmt.Errorf("server: %d sessions; accepted: 1 to %d", cfg.MaxSessions,
			DefaultMaxSessions)
	case cfg.SendQLimit < 1:
		return cfg, fmt.Errorf("server: SendQ of %d bytes; accepted: at least 1", cfg.SendQLimit)
	case cfg.Memory < MinMemory:
		return cfg, fmt.Errorf("server: memory of %d bytes; accepted: at least %d", cfg.Memory,
			MinMemory)
	case cfg.IdleTimeout < 0 || cfg.FrameTimeout < 0:
		return cfg, fmt.Errorf("server: timeouts of %v and %v; accepted: 0 or above",
			cfg.IdleTimeout, cfg.FrameTimeout)
	}
	return cfg, nil
}
