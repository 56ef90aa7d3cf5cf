package gallery

import (
	"net/netip"
	"time"

	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
	"dummyload/server/iocp"
)

// stopGrace is how long sessions may take to leave by themselves: the dummies have left.
const stopGrace = 3 * time.Second

// trueServer is package server's with a Handler.
type trueServer struct{ *server.Server }

// Collect adds the server's books.
func (s trueServer) Collect(run *monitor.Run, t *monitor.Tally) {
	run.Bundled = true
	s.Server.Collect(run, t)
}

// Stop ends the server.
func (s trueServer) Stop() { s.Server.Stop(stopGrace) }

// pusher is a Handler that also speaks from goroutines of its own.
type pusher interface {
	server.Handler
	// attach gives it the server, before any connection can be made; detach returns when none of
	// its goroutines is left.
	attach(server.Sender)
	detach()
}

// pushing is a true server with a pusher.
type pushing struct {
	trueServer
	handler pusher
}

// Stop ends the handler's goroutines first: they speak through the server.
func (s pushing) Stop() {
	s.handler.detach()
	s.trueServer.Stop()
}

// startTrue starts the true server with a handler. Each start has a handler of its own: handler makes
// it of one that answers right. A nil handler is the server's own.
func startTrue(handler func(*right) server.Handler, change func(*server.Config)) starter {
	return func(f *frame.Format) (Server, error) {
		cfg := server.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Workers: 2, Frame: f}
		if handler != nil {
			cfg.Handler = handler(&right{f: f})
		}
		if change != nil {
			change(&cfg)
		}
		srv, err := server.Start(cfg)
		if err != nil {
			return nil, err
		}
		if p, ok := cfg.Handler.(pusher); ok {
			p.attach(srv)
			return pushing{trueServer{srv}, p}, nil
		}
		return trueServer{srv}, nil
	}
}

// rightServers are those that must never be accused: the bundled server on every backend there
// is, under a load that has everything in it.
func rightServers() []Exhibit {
	load := with(func(l *Load) {
		l.Clients, l.Churn, l.Close = 40, 100, "mixed"
		l.SizeMin, l.SizeMax = 8, 2000
		l.Duration, l.DrainTimeout = time.Second, rightDrain
	})
	var all []Exhibit
	for _, backend := range iocp.Backends() {
		all = append(all, Exhibit{
			Name: "right-" + backend, Does: "the bundled server on " + backend, Load: load,
			start: startTrue(nil, func(c *server.Config) { c.Backend = backend }),
		})
	}
	login := load
	login.Frame = usualLogin
	return append(all, Exhibit{
		Name: "right-login", Does: "the bundled server with a login packet", Load: login, adapt: greets,
		start: startTrue(nil, nil),
	})
}
