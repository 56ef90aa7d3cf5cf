package verify

import "math/bits"

// Ident is one connection of one dummy: the n-th connection of the client-th dummy.
type Ident struct {
	Client uint32 // counted from 0, below MaxClients
	Conn   uint32 // counted from 1; 0 stands for nobody
}

// MaxClients is how many clients an identity tells apart.
const (
	MaxClients = 1 << clientBits
	clientBits = 20
)

// layout is how an identity is packed into a payload's first word, from the lowest bit:
//
//	binary (64 bits)   seq 20 │ conn 12 │ client 20 │ run 12
//	text   (48 bits)   seq 14 │ conn  8 │ client 20 │ run  6
//
// seq and conn keep only their low bits; owner.go finds the high ones.
type layout struct {
	seqBits, connBits, runBits uint
}

var (
	binaryLayout = layout{seqBits: 20, connBits: 12, runBits: 12}
	textLayout   = layout{seqBits: leastSeqBits, connBits: 8, runBits: 6}
)

// SeqSpan is how many sequences in a row a first word tells apart, in every format. As long as the
// outstanding echoes span no more, none of them is ever mistaken for another.
const (
	SeqSpan      = 1 << leastSeqBits
	leastSeqBits = 14
)

// width is the number of bits of the packed word.
func (l layout) width() uint { return l.seqBits + l.connBits + clientBits + l.runBits }

// tag is what a first word says: the client in full, the others by their low bits.
type tag struct {
	client, conn uint32
	seq          uint64
}

// tagger packs identities into words, and opens words. The packed fields go through a bijection
// that depends on the seed. A word with any bit damaged opens to fields that have nothing to do
// with the true ones. So the run's bits alone show the damage, but for one in 2^runBits such words.
type tagger struct {
	layout
	half uint   // half the width, the shift that makes w ^= w>>half its own inverse
	mask uint64 // the width's bits
	run  uint64 // where it lies in the word
	key  [2]uint64
}

// The bijection's multipliers. They are odd, and so have an inverse modulo every power of two.
const (
	mulA uint64 = 0xbf58476d1ce4e5b9
	mulB uint64 = 0x94d049bb133111eb
	mulC uint64 = 0xd6e8feb86659fd93
)

var invA, invB, invC = inverse(mulA), inverse(mulB), inverse(mulC)

// inverse is 1/odd modulo 2^64, by Newton's iteration: it begins with odd itself, which has three
// bits right, and each round doubles their number.
func inverse(odd uint64) uint64 {
	x := odd
	for range 5 {
		x *= 2 - odd*x
	}
	return x
}

func newTagger(l layout, run, key0, key1 uint64) tagger {
	w := l.width()
	t := tagger{layout: l, half: w / 2, mask: 1<<w - 1, key: [2]uint64{key0, key1}}
	t.run = run << (w - l.runBits) & t.mask
	return t
}

// seal packs and scrambles.
func (t *tagger) seal(id Ident, seq uint64) uint64 {
	w := seq & (1<<t.seqBits - 1)
	w |= uint64(id.Conn) & (1<<t.connBits - 1) << t.seqBits
	w |= uint64(id.Client)<<(t.seqBits+t.connBits) | t.run
	w = (w + t.key[0]) * mulA & t.mask
	w ^= w >> t.half
	w = (w + t.key[1]) * mulB & t.mask
	w ^= w >> t.half
	w = w * mulC & t.mask
	return w ^ w>>t.half
}

// open undoes seal. It reports false for a word of another run, or a damaged one.
func (t *tagger) open(w uint64) (tag, bool) {
	w ^= w >> t.half
	w = w * invC & t.mask
	w ^= w >> t.half
	w = (w*invB - t.key[1]) & t.mask
	w ^= w >> t.half
	w = (w*invA - t.key[0]) & t.mask
	if w>>(t.width()-t.runBits) != t.run>>(t.width()-t.runBits) {
		return tag{}, false
	}
	return tag{
		client: uint32(w >> (t.seqBits + t.connBits) & (1<<clientBits - 1)),
		conn:   uint32(w >> t.seqBits & (1<<t.connBits - 1)),
		seq:    w & (1<<t.seqBits - 1),
	}, true
}

// atMost is the largest number up to limit whose low bits are low; 0 when there is none.
func atMost(limit, low uint64, width uint) uint64 {
	n := limit&^(1<<width-1) | low
	if n <= limit {
		return n
	}
	if n < 1<<width {
		return 0
	}
	return n - 1<<width
}

// fold mixes two words into one by a full multiplication.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
