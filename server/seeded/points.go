package seeded

// Points puts the yield points in: before every operation on IOCount, SendFlag, the session's
// id and its end, between the two halves of what looks like one, and into SendQ and the free
// list. The product itself pays nothing for them.
var Points = []Edit{
	{"iocount.go", `open() ioState {`, `open() ioState { sim.Point("before IOCount opens");`},
	{"iocount.go", `up() ioState {`, `up() ioState { sim.Point("before IOCount++");`},
	{"iocount.go", `down() ioState {`, `down() ioState { sim.Point("before IOCount--");`},
	{"iocount.go", `tryRelease() bool { return c.word.CompareAndSwap(0, releaseBit) }`,
		`tryRelease() bool {
	sim.Point("before the CAS 0 to RELEASE")
	if !c.word.CompareAndSwap(0, releaseBit) {
		sim.Met(sim.ReleaseLost)
		return false
	}
	return true
}`},
	{"sendflag.go", `trySet() bool { return f.word.CompareAndSwap(0, 1) }`,
		`trySet() bool {
	sim.Point("before SendFlag is set")
	if !f.word.CompareAndSwap(0, 1) {
		sim.Met(sim.FlagContended)
		return false
	}
	return true
}`},
	{"sendflag.go", `clear() {`, `clear() { sim.Point("before SendFlag is cleared");`},
	{"session.go", `ended() bool {`, `ended() bool { sim.Point("before a look at the end");`},
	{"session.go", `first(why Reason) bool {`,
		`first(why Reason) bool { sim.Point("before the end is marked");`},
	{"table.go", `	s.id.store(s.id.load()`, `	sim.Point("before a new id")
	s.id.store(s.id.load()`},
	{"table.go", `		if l.top.CompareAndSwap(old, (old+tagStep)&^(tagStep-1)|(s.recv.Key+1)) {`,
		`		sim.Point("in the free list's push")
		if l.top.CompareAndSwap(old, (old+tagStep)&^(tagStep-1)|(s.recv.Key+1)) {`},
	{"table.go", `		s := t.at(uint64(uint32(old)) - 1)`,
		`		sim.Point("in the free list's pop")
		s := t.at(uint64(uint32(old)) - 1)`},
	{"sendpacket.go", `	if io.released() || s.id.load() != id {`,
		`	sim.Point("before the id is checked")
	if !io.released() && s.id.load() != id {
		sim.Met(sim.SlotReusedInside)
	}
	if io.released() || s.id.load() != id {`},
	{"accept.go", `	w.trace.Record(trace.AcceptPost,`,
		`	sim.Point("after the look at stopping")
	w.trace.Record(trace.AcceptPost,`},
	{"worker.go", `	w.note(trace.FlagClear, trace.Nowhere, s, s.io.load(), s.sendq.Size())
`, `	w.note(trace.FlagClear, trace.Nowhere, s, s.io.load(), s.sendq.Size())
	if s.sendq.Any() {
		sim.Met(sim.RecheckTaken)
	}
`},
	{"sendq/queue.go", `		if q.pushed.CompareAndSwap(b.next, b) {`,
		`		sim.Point("in SendQ's Push")
		if q.pushed.CompareAndSwap(b.next, b) {`},
	{"sendq/queue.go", `return q.pushed.Load() != nil || q.front`,
		`return q.pushed.Load() != nil || sim.Between("in SendQ's Any") || q.front`},
	{"sendq/queue.go", `		front = turn(q.pushed.Swap(nil))`,
		`		sim.Point("before SendQ is taken")
		front = turn(q.pushed.Swap(nil))
		sim.Point("while SendQ is turned")`},
	{"sendq/queue.go", `	b := q.front.Load()
	if b == nil || n`, `	sim.Point("before SendQ is consumed")
	b := q.front.Load()
	if b == nil || n`},
	{"sendq/queue.go", `		b.next, oldest, b = oldest, b, b.next`,
		`		sim.Spin()
		b.next, oldest, b = oldest, b, b.next`},
}

// Sizes replaces what would only slow a run down, and what remembers an earlier one; and it has
// the trace speak to the timeline.
var Sizes = []Edit{
	{"accept.go", `acceptsPerWorker = 64`, `acceptsPerWorker = 1`},
	{"worker.go", `const batch = 128`, `const batch = 2`},
	{"table.go", `const slabBits = 7`, `const slabBits = 2`},
	{"sendq/block.go", `	if b, ok := common[class].Get().(*Block); ok {
		return b
	}
`, ``},
	{"sendq/block.go", `		common[class].Put(b)
`, ``},
	{"sendq/block.go", `	"sync"
`, ``},
	{"sendq/block.go", `// common is where pools meet. An idle process gives its memory back at a collection.
var common [classes]sync.Pool
`, ``},
	{"../monitor/trace/log.go", `ringBits    = 13`, `ringBits    = 4`},
	{"../monitor/trace/ring.go", `r.now = int64(time.Since(r.start))`, `r.now++`},
	{"../monitor/trace/ring.go", `int64(time.Since(r.start)), k`, `0, k`},
	{"../monitor/trace/ring.go", `	if r.shared {
		index := r.claimed.Add(1) - 1`, `	if sim.Shown() {
		sim.Say(Event{Kind: k, Where: w, ID: id, IO: io, N: uint32(n)}.Words()[1:])
	}
	if r.shared {
		index := r.claimed.Add(1) - 1`},
	{"../monitor/trace/log.go", `func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.6f %s", e.At.Seconds(), e.Writer)
`, `func (e Event) String() string {
	return fmt.Sprintf("%.6f %s", e.At.Seconds(), e.Writer) + e.Words()
}

// Words is the event without its time and writer.
func (e Event) Words() string {
	var b strings.Builder
`},
}
