package dummy

import (
	"testing"

	"dummyload/monitor"
	"dummyload/server/iocp"
)

// BenchmarkEcho counts what one echo costs, the test's own server included.
func BenchmarkEcho(b *testing.B) {
	for _, backend := range iocp.Backends() {
		b.Run(backend, func(b *testing.B) {
			cfg := testConfig(startServer(b, echoAll))
			cfg.Clients, cfg.OverSend, cfg.Workers, cfg.Backend = 100, 16, 1, backend
			f := startFleet(b, cfg)
			reach(b, f, monitor.Idle)
			b.ReportAllocs()
			b.ResetTimer()
			give(b)(f.Start(0))
			until(b, f, "echoes", echoedAtLeast(uint64(b.N)))
			b.StopTimer()
			give(b)(f.Stop())
			reach(b, f, monitor.Drained)
		})
	}
}
