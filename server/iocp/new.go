package iocp

import (
	"errors"
	"fmt"
	"strings"
)

// Auto is the backend name that takes the platform's best candidate that runs.
const Auto = "auto"

var (
	errPortClosed = errors.New("iocp: the port is closed")
	errNoAddress  = errors.New("the system does not tell a listener's address (getsockname)")
	errEmptySend  = errors.New("iocp: a Send of 0 bytes")
)

// errNoMoreWorkers is the error of a Worker call beyond Config.Workers.
func errNoMoreWorkers(workers int) error {
	return fmt.Errorf("iocp: the port was made for %d workers and has them", workers)
}

// errOpenWorkers is the error of a CloseHandle that comes too early.
func errOpenWorkers(open int) error {
	return fmt.Errorf("iocp: CloseHandle while %d workers are open", open)
}

// candidate is one backend of this platform. Which there are, best first, is the
// platform's candidates_*.go.
type candidate struct {
	name string
	open func(Config) (Port, error)
}

// Backends names the backends built for this platform, in the order in which "auto" tries
// them, the best first. That one is listed does not mean that it runs here: an old kernel or
// a sandbox may refuse.
func Backends() []string {
	names := make([]string, len(candidates))
	for i, c := range candidates {
		names[i] = c.name
	}
	return names
}

// New opens a completion port (CreateIoCompletionPort). A backend asked for by name that
// cannot run is an error. "auto" takes the first candidate that runs, and calls cfg.Skipped
// for each one before it (C11).
func New(cfg Config) (Port, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := probeCalls(); err != nil {
		return nil, fmt.Errorf("iocp: no backend can run here: %w", err)
	}
	if cfg.Backend == Auto {
		return firstOf(candidates, cfg)
	}
	for _, c := range candidates {
		if c.name != cfg.Backend {
			continue
		}
		p, err := c.open(cfg)
		if err != nil {
			return nil, fmt.Errorf("iocp: backend %s cannot run here: %w", c.name, err)
		}
		return p, nil
	}
	return nil, fmt.Errorf("iocp: backend %q is unknown; accepted here: %s, %s",
		cfg.Backend, Auto, strings.Join(Backends(), ", "))
}

func firstOf(list []candidate, cfg Config) (Port, error) {
	var all error
	for _, c := range list {
		p, err := c.open(cfg)
		if err == nil {
			return p, nil
		}
		if cfg.Skipped != nil {
			cfg.Skipped(c.name, err)
		}
		all = errors.Join(all, fmt.Errorf("%s: %w", c.name, err))
	}
	return nil, fmt.Errorf("iocp: no backend can run here: %w", all)
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Backend == "" {
		cfg.Backend = Auto
	}
	if cfg.Workers == 0 {
		cfg.Workers = 1
	}
	if cfg.RecvSize == 0 {
		cfg.RecvSize = DefaultRecvSize
	}
	if cfg.Workers < 1 || cfg.Workers > MaxWorkers {
		return cfg, fmt.Errorf("iocp: %d workers; accepted: 1 to %d", cfg.Workers, MaxWorkers)
	}
	if cfg.RecvSize < 1 || cfg.RecvSize > MaxRecvSize {
		return cfg, fmt.Errorf("iocp: receive size of %d bytes; accepted: 1 to %d",
			cfg.RecvSize, MaxRecvSize)
	}
	return cfg, nil
}
