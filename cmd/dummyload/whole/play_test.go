package whole

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
	"dummyload/server"
	"dummyload/server/frame"
	"dummyload/server/iocp"
	"dummyload/server/iocp/sim"
)

// play is one run of the whole.
type play struct {
	seed  uint64
	slow  bool // the server's workers set the pace
	event string
	held  int // workers held up
	world *sim.World
	port  *sim.Port
	net   *sim.Network
	rand  sim.Rand // of the scenario

	load   dummy.Config
	srv    *server.Server
	pusher *pusher // nil where workers answer
	fleet  *dummy.Fleet
	opened int // ports of the fleet

	wrong []string // what an oracle says
	last  monitor.View
	audit *monitor.Server

	verdict monitor.Verdict
}

// target is an address that nobody has (RFC 5737): the real system knows nothing of it.
var target = netip.MustParseAddrPort("192.0.2.1:6000")

// limit is the most turns of a run.
const limit = 2_000_000

// newPlay makes the world of a seed: odd seeds are random walks, even ones go by priorities.
func newPlay(seed uint64, j job, failed func(string)) *play {
	p := &play{seed: seed, slow: j.Slow, event: j.Event, world: sim.New()}
	p.rand.Seed(^seed)
	p.world.Limit = limit
	random, priorities := &sim.Random{}, sim.NewPCT(3)
	if seed%2 == 1 {
		random.Seed(seed)
		p.world.Begin(random)
	} else {
		priorities.Seed(seed, 5000)
		p.world.Begin(priorities)
	}
	sim.Variant = j.Variant
	p.port = sim.NewPort(p.world)
	p.port.Begin()
	p.port.Owner = func(*iocp.Overlapped) uint64 { return 0 } // here the bytes say whose socket it is
	p.port.LastFirst = p.one(2)
	p.port.Loose, p.port.LooseClose = j.Variant != 0, j.Variant != 0
	p.port.Sound = true
	p.net = sim.NewNetwork(p.port)
	p.net.Slow = 200 * time.Millisecond
	sim.Open = p.open
	p.audit = &monitor.Server{}
	p.world.Host(failed)
	return p
}

// open opens a port of the world, for both programs.
func (p *play) open(side string, _ iocp.Config) (iocp.Port, error) {
	if side == "server" {
		return p.port, nil
	}
	p.opened++
	return sim.NewRemote(p.net, fmt.Sprintf("d%d", p.opened-1)), nil
}

// one is true one time in n.
func (p *play) one(n int) bool { return p.rand.Intn(n) == 0 }

// among chooses one of some values.
func among[T any](p *play, of ...T) T { return of[p.rand.Intn(len(of))] }

// ms is a time from 1 to most milliseconds.
func (p *play) ms(most int) time.Duration {
	return time.Duration(1+p.rand.Intn(most)) * time.Millisecond
}

// start draws the shape and starts both programs.
func (p *play) start() error {
	format := frame.Builtin(among(p, "raw", "len16", "len16", "len32", "line"))
	if p.one(4) {
		format, _ = format.WithLogin()
	}
	cfg := server.Config{Listen: target, Workers: 2 + p.rand.Intn(2), Frame: format,
		MaxSessions: 64}
	p.load = dummy.Config{
		Target: target, Clients: 2 + p.rand.Intn(7), OverSend: 1 + p.rand.Intn(4),
		SizeMin: 8, SizeMax: among(p, 8, 24, 64), Frame: format,
		LoopDelay: among(p, 0, time.Millisecond, 3*time.Millisecond),
		Churn:     among(p, 0, 0, 30.0, 150.0),
		Close:     among(p, dummy.CloseFIN, dummy.CloseRST, dummy.CloseMixed),
		Workers:   1 + p.rand.Intn(2), Seed: p.seed, EchoTimeout: 4 * time.Second,
		ReconnectDelay: among(p, 0, 2*time.Millisecond), Quiet: 100 * time.Millisecond,
	}
	cfg.Handler = p.handler()
	if p.event == stopped { // what comes in the meantime would be a storm of another kind
		p.load.Churn = 0
	}
	if p.slow {
		cfg.Workers, cfg.Handler = 4, laborious{p: p}
		p.load.Clients, p.load.OverSend, p.load.LoopDelay, p.load.Churn = 16, 2, 0, 1.5
		p.load.Close = dummy.CloseFIN
	}
	var err error
	if p.srv, err = server.Start(cfg); err != nil {
		return err
	}
	if p.pusher != nil {
		p.pusher.start()
	}
	p.fleet, err = dummy.New(p.load)
	return err
}

// handler draws who answers: workers, or other goroutines.
func (p *play) handler() server.Handler {
	pushing := p.one(3)
	if p.one(3) { // a storm: often the session that is answered has gone, and another has its place
		pushing = true
		p.load.Clients, p.load.OverSend, p.load.Close = 8, 4, dummy.CloseRST
		p.load.LoopDelay, p.load.ReconnectDelay, p.load.Churn = 0, 0, 600
	}
	if !pushing || p.slow {
		return server.Echo{}
	}
	p.pusher = &pusher{p: p}
	return p.pusher
}

// run is the whole run, in its bubble.
func (p *play) run() {
	if err := p.start(); err != nil {
		p.say("start: %v", err)
		return
	}
	p.until(monitor.Idle)
	p.given(p.fleet.Start(0))
	p.middle()
	p.stop()
	if p.one(2) { // START works again on the same connections
		p.given(p.fleet.Start(0))
		p.pass(p.ms(15))
		p.stop()
	}
	p.end()
}

// middle is what happens while Echo is on.
func (p *play) middle() {
	if p.slow {
		for range 8 * 4 { // as often as a screen does
			p.pass(time.Second / 4)
		}
		return
	}
	p.pass(p.ms(20))
	switch p.event {
	case killed:
		p.port.Kill("kill -9")
		p.world.Kick()
		p.pass(2 * time.Second)
	case stopped:
		for _, name := range []string{"s0", "s1", "s2", "a0", "a1"} {
			p.world.Hold(name, 3*time.Second)
		}
		p.pass(3200 * time.Millisecond)
	default:
		p.faults()
		p.heal()
		p.pass(p.ms(30))
	}
}

// What may happen besides faults: kill -9, and SIGSTOP with SIGCONT after 3 s.
const (
	killed  = "killed"
	stopped = "stopped"
)

// faults is the time in which things go wrong.
func (p *play) faults() {
	p.net.Faulty, p.port.Sound = true, false
	for range 1 + p.rand.Intn(4) {
		p.pass(p.ms(15))
		switch p.rand.Intn(6) {
		case 0, 1:
			p.net.ResetOne()
		case 2:
			p.world.Hold(fmt.Sprintf("s%d", p.rand.Intn(2)), p.ms(150))
			p.held++
		case 3:
			p.world.Hold("d0", p.ms(150))
			p.held++
		case 4:
			p.stop()
			p.given(p.fleet.Start(0))
		}
	}
}

func (p *play) heal() { p.net.Faulty, p.port.Sound = false, true }

// apart keeps this goroutine away from the instants at which the fleet's conductor wakes. Neither has a
// turn, so the seed would not decide which goes first.
const apart = 7

// pass lets time pass, and then checks the ledger.
func (p *play) pass(d time.Duration) {
	time.Sleep(d + apart)
	p.look()
}

// given takes the result of one of Control's verbs: none may be refused.
func (p *play) given(_ monitor.Ticket, err error) {
	if err != nil {
		p.say("a verb was refused: %v", err)
	}
}

// patience is how long the play waits for a phase.
const patience = time.Minute

// until waits for a phase.
func (p *play) until(phases ...monitor.Phase) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.fleet.Wait(ctx, phases...); err != nil {
		p.say("still %v, not %v", p.fleet.Phase(), phases)
	}
	sim.Rest()
}

// stop is STOP and the drain.
func (p *play) stop() {
	p.given(p.fleet.Stop())
	p.until(monitor.Drained, monitor.Undrained)
	p.look()
}

// end is the quiet time, the close, and the audit.
func (p *play) end() {
	p.pass(p.load.Quiet)
	if err := p.fleet.Close(); err != nil {
		p.say("close: %v", err)
	}
	p.look()
	sim.Rest()
	if p.pusher != nil {
		p.pusher.stop()
	}
	if p.port.Died == "" { // otherwise there is no server to ask
		p.audit = p.srv.Stop(3 * time.Second)
		p.last.Server = monitor.Collect(p.srv).Server
	}
	p.verdict = monitor.Judge(&p.last, monitor.Rules{})
	p.world.Exit()
}

func (p *play) say(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// look takes a view and checks its ledger.
func (p *play) look() {
	s := monitor.Collect(p.fleet)
	p.last = *s
	if !s.Ledger.Balanced() || s.WaitUpDown != int64(s.Ledger.Wait) {
		p.say("the ledger does not balance at %v: %+v, up and down %d", p.world.Elapsed(), s.Ledger,
			s.WaitUpDown)
	}
	sim.Rest()
}
