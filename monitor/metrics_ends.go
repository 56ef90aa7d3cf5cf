package monitor

import (
	"math"
	"strings"
)

// The metrics of both ends of a run: connections and bytes between them, the dummies' side
// (fairness, generator), the bundled server's, and the hostile dummies'.

func connectionMetrics() []Metric {
	row := func(key, label, help string, get func(Connections) uint64) Metric {
		return Metric{Name: "connections_" + key, Label: label, Group: "connections", Key: key,
			Path: "connections." + key, Help: help,
			Get: func(s *View) float64 { return count(get(s.Connections)) }}
	}
	peak := row("peak", "Connected peak", "the most connections up at once",
		func(c Connections) uint64 { return c.Peak })
	peak.Kind = Gauge
	never := row("never_accepted", "Never accepted",
		"connections reset by the server's system, since its backlog was full, and dialed anew",
		func(c Connections) uint64 { return c.NeverAccepted })
	never.Rare = true
	return []Metric{
		row("attempted", "Connect Try", "connections tried",
			func(c Connections) uint64 { return c.Attempted }),
		row("connected", "Connect Success", "connections made",
			func(c Connections) uint64 { return c.Connected }),
		row("failed", "Connect Fail", "connections refused, unreachable or timed out",
			func(c Connections) uint64 { return c.Failed }),
		row("closed_by_dummy", "Disconnect by dummy", "connections closed by their dummy",
			func(c Connections) uint64 { return c.ClosedByDummy }),
		row("closed_by_server", "Disconnect from Server",
			"connections closed or reset by the server",
			func(c Connections) uint64 { return c.ClosedByServer }),
		peak, never,
	}
}

func byteMetrics() []Metric {
	return []Metric{
		{Name: "bytes_sent", Label: "Bytes sent", Group: "bytes", Key: "sent", Path: "bytes.sent",
			Unit: ByteCount, Help: "bytes sent, headers included",
			Get: func(s *View) float64 { return count(s.Bytes.Sent) }},
		{Name: "bytes_received", Label: "Bytes recv", Group: "bytes", Key: "received",
			Path: "bytes.received", Unit: ByteCount, Help: "bytes received, headers included",
			Get: func(s *View) float64 { return count(s.Bytes.Received) }},
	}
}

func fairnessMetrics() []Metric {
	row := func(name, label, key, help string, get func(Fairness) uint64) Metric {
		return Metric{Name: name, Label: label, Group: "per client", Key: key,
			Path: "fairness." + name, Kind: Gauge, Help: help,
			Get: func(s *View) float64 { return count(get(s.Fairness)) }}
	}
	return []Metric{
		row("echoes_per_client_min", "Echoes per client min", "min",
			"echoes of the client that got the fewest",
			func(f Fairness) uint64 { return f.Min }),
		row("echoes_per_client_median", "Echoes per client median", "median",
			"echoes of the client in the middle",
			func(f Fairness) uint64 { return f.Median }),
		row("echoes_per_client_max", "Echoes per client max", "max",
			"echoes of the client that got the most",
			func(f Fairness) uint64 { return f.Max }),
		row("silent_clients", "Silent clients", "silent",
			"clients that sent at least one echo and never got any back",
			func(f Fairness) uint64 { return f.Silent }),
	}
}

func generatorMetrics() []Metric {
	return []Metric{
		{Name: "cpu_share", Label: "Tester CPU", Group: testerGroup, Key: "cpu",
			Path: "generator.cpu_share", Unit: Share, Kind: Gauge, Performance: true,
			Help: "the busiest dummy worker's share of one core",
			Get:  func(s *View) float64 { return s.Generator.CPUShare }},
		{Name: "send_lag_p99", Label: "Send lag p99", Group: testerGroup, Key: "send lag p99",
			Path: "generator.send_lag_p99_us", Unit: Microseconds, Kind: Gauge, Performance: true,
			Help: "open loop: p99 of how late an echo was sent that was due and had room",
			Get: func(s *View) float64 {
				return measured(s.Generator.SendLag.Distribution, func(d Distribution) float64 { return d.P99 })
			}},
		{Name: "held_up_ms", Label: "Tester held up", Group: testerGroup, Key: "held up",
			Path: "generator.held_up_ms", Unit: Milliseconds, Kind: Gauge,
			Help: "how long the tester stood still while Echo was on: stopped, or without a processor",
			Get:  func(s *View) float64 { return millis(s.Generator.HeldUp) }},
		{Name: "rss_bytes", Label: "Tester memory", Group: testerGroup, Key: "memory",
			Path: "generator.rss_bytes", Unit: ByteCount, Kind: Gauge,
			Help: "resident memory of this process",
			Get:  func(s *View) float64 { return count(s.Generator.RSS) }},
	}
}

func serverMetrics() []Metric {
	row := func(key, label, help string, kind Kind, get func(*Server) uint64) Metric {
		return Metric{Name: "server_" + key, Label: label, Group: serverGroup, Key: key,
			Path: "server." + key, Kind: kind, Help: help,
			Get: func(s *View) float64 {
				if s.Server == nil {
					return math.NaN()
				}
				return count(get(s.ServerSince()))
			}}
	}
	return []Metric{
		row("accepted", "Accept Total", "sessions the bundled server accepted", Counter,
			func(s *Server) uint64 { return s.Accepted }),
		row("released", "Release Total", "sessions the bundled server released", Counter,
			func(s *Server) uint64 { return s.Released }),
		row("live", "Sessions", "sessions of the bundled server that are not released", Gauge,
			func(s *Server) uint64 { return s.Live }),
		row("released_twice", "Released twice", "sessions released more than once", Counter,
			func(s *Server) uint64 { return s.ReleasedTwice }),
	}
}

func hostileMetrics() []Metric {
	row := func(key, label, help string, unit Unit, get func(*Hostile) uint64) Metric {
		return Metric{Name: "hostile_" + key, Label: label, Group: "hostile",
			Key: strings.ReplaceAll(key, "_", " "), Path: "hostile." + key, Unit: unit, Help: help,
			Get: func(s *View) float64 {
				if s.Hostile == nil {
					return math.NaN()
				}
				return count(get(s.Hostile))
			}}
	}
	dummies := row("dummies", "Hostile dummies", "dummies that misbehave", Number,
		func(h *Hostile) uint64 { return h.Dummies })
	dummies.Kind = Gauge
	return []Metric{
		dummies,
		row("connected", "Hostile connected", "connections that hostile dummies made", Number,
			func(h *Hostile) uint64 { return h.Connected }),
		row("closed_by_server", "Hostile refused",
			"connections of hostile dummies that the server closed or reset", Number,
			func(h *Hostile) uint64 { return h.ClosedByServer }),
		row("bytes_sent", "Hostile bytes sent", "bytes that hostile dummies sent", ByteCount,
			func(h *Hostile) uint64 { return h.BytesSent }),
		row("bytes_received", "Hostile bytes recv", "bytes that hostile dummies received",
			ByteCount, func(h *Hostile) uint64 { return h.BytesReceived }),
	}
}
