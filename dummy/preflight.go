package dummy

import (
	"fmt"
	"time"

	"dummyload/server/iocp"
)

// spareDescriptors are what a program needs besides its sockets: for the terminal, files and ports.
const spareDescriptors = 64

// Preflight says before a run why this machine cannot carry it: a source address that is not its
// own, too few descriptors or too few local ports. The error is one line with the limit, the number
// needed and the remedy. sharedProcess is whether the bundled server is in this process and needs a
// descriptor for each connection too.
func Preflight(cfg Config, sharedProcess bool) error {
	cfg, err := cfg.WithDefaults()
	if err != nil {
		return err
	}
	for _, a := range cfg.Sources {
		if !bindable(a) {
			return fmt.Errorf("source: %v; accepted: addresses of this machine", a)
		}
	}
	limit, limited := iocp.DescriptorLimit()
	if limited {
		if err := enoughDescriptors(cfg, sharedProcess, limit); err != nil {
			return err
		}
	}
	return enoughPorts(cfg, newSources(cfg), ephemeralPorts())
}

func enoughDescriptors(cfg Config, sharedProcess bool, limit uint64) error {
	need := uint64(cfg.Clients + cfg.hostile())
	remedy := "raise it (ulimit -n) or lower --clients"
	if sharedProcess {
		need *= 2
		remedy += ", or give the bundled server its own (--server-process)"
	}
	need += uint64(spareDescriptors + 4*cfg.Workers)
	if need > limit {
		return fmt.Errorf("descriptors: the limit is %d, %d dummies need %d: %s",
			limit, cfg.Clients+cfg.hostile(), need, remedy)
	}
	return nil
}

func enoughPorts(cfg Config, s sources, perAddress int) error {
	if s.ports > 0 {
		return nil // spreads as far as it must
	}
	have := perAddress * max(1, len(s.list))
	if all := cfg.Clients + cfg.hostile(); all > have {
		return fmt.Errorf("local ports: %d dummies need as many, %d source addresses have %d: "+
			"give more addresses (--source) or lower --clients",
			all, max(1, len(s.list)), have)
	}
	return nil
}

// searchEach is what Linux takes to look at one port that is in use (see sources).
const searchEach = 80 * time.Nanosecond

// PortSearch says in one line what connecting will cost on a system that searches for local ports,
// where the run cannot be spread over enough addresses; "" when it costs nothing to speak of.
func PortSearch(cfg Config) string {
	cfg, err := cfg.WithDefaults()
	lo, hi, known := iocp.PortRange()
	if err != nil || !known {
		return ""
	}
	return portSearch(cfg, newSources(cfg), hi-lo+1)
}

func portSearch(cfg Config, s sources, perAddress int) string {
	if s.ports > 0 {
		return "" // spreads as far as it must
	}
	addresses, cheap := max(1, len(s.list)), perAddress/cheapShare
	all := cfg.Clients + cfg.hostile()
	lingering := int(min(cfg.Churn*lingers, float64(addresses*perAddress)))
	over := min(all+lingering, addresses*perAddress) - addresses*cheap
	cost := time.Duration(over*cheap) * searchEach
	if over <= 0 || cost < time.Second/2 {
		return ""
	}
	need := fmt.Sprintf("%d dummies", all)
	if lingering > 0 {
		need += fmt.Sprintf(" and the %d ports that --churn %v leaves in TIME_WAIT",
			lingering, cfg.Churn)
	}
	return fmt.Sprintf("local ports: %s come from %d source addresses; beyond %d each the kernel "+
		"looks through all of them for every connect, some %v of processor time in all: "+
		"give more addresses (--source)", need, addresses, cheap, cost.Round(time.Second/10))
}
