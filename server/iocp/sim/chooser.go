package sim

// Chooser decides everything that is left open in a run.
type Chooser interface {
	// Next picks who of several goes on. current is the index of the one that just ran, -1
	// when it cannot go on.
	Next(ready []*Proc, current int) int
	// Pick chooses one of n outcomes that are equally ordinary; n is at least 2.
	Pick(n int) int
	// Rare reports whether something unusual happens.
	Rare() bool
}

// Rand is a small fast source of numbers (splitmix64), the same for the same seed for ever.
type Rand struct{ state uint64 }

// Seed starts it anew.
func (r *Rand) Seed(seed uint64) { r.state = seed*0x9e3779b97f4a7c15 + 0x632be59bd9b4e019 }

func (r *Rand) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Intn is a number from 0 to n-1.
func (r *Rand) Intn(n int) int { return int(r.next() >> 33 * uint64(n) >> 31) }

// Random is a random walk: each ready coroutine is as likely as the others. How likely the current one
// just goes on, and how often rare events happen, differs from seed to seed.
type Random struct {
	Rand
	stay uint64 // out of 4: how likely the current one goes on without a draw
	rare uint64 // one in so many; 0 is never
}

// Seed starts the walk of the given number.
func (r *Random) Seed(seed uint64) {
	r.Rand.Seed(seed)
	r.stay = r.next() % 4
	r.rare = [...]uint64{0, 24, 8}[r.Intn(3)]
}

// Next implements Chooser.
func (r *Random) Next(ready []*Proc, current int) int {
	draw := r.next()
	if current >= 0 && draw&3 < r.stay {
		return current
	}
	return int(draw >> 33 * uint64(len(ready)) >> 31)
}

// Pick implements Chooser.
func (r *Random) Pick(n int) int { return r.Intn(n) }

// Rare implements Chooser.
func (r *Random) Rare() bool { return r.rare != 0 && r.next()%r.rare == 0 }
