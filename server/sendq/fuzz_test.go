package sendq

import (
	"bytes"
	"testing"
)

// FuzzQueue does what the input says, a byte for what and a byte for how much, and compares the
// queue with a slice of bytes after each step.
func FuzzQueue(f *testing.F) {
	f.Add([]byte{0, 5, 0, 7, 1, 3, 0, 200, 1, 255, 2, 0})
	f.Add(bytes.Repeat([]byte{0, 255, 3, 0}, 40))
	f.Add([]byte{3, 1, 3, 1, 3, 1, 1, 128, 0, 1, 1, 255, 1, 255, 2, 0, 0, 9, 1, 9})
	f.Fuzz(func(t *testing.T, input []byte) {
		const limit = 4 * MaxMerge
		var q Queue
		var model []byte
		input = input[:min(len(input), 400)] // many short ones find more than a long one
		pools := [...]*Pool{NewPool(NewBudget(1 << 30)), NewSharedPool(NewBudget(1 << 30))}
		for ; len(input) >= 2; input = input[2:] {
			what, much := input[0]%4, int(input[1])
			p := pools[input[0]/4%2]
			switch what {
			case 0, 3: // push little or much
				size := 1 + much
				if what == 3 {
					size *= 300
				}
				data := bytes.Repeat([]byte{byte(len(model))}, size)
				fits := q.Size()+size+BlockCost <= limit
				b := p.Grow(nil, data)
				if q.Push(b, limit) != fits {
					t.Fatalf("pushed %d to %d of %d: %v", size, q.Size(), limit, !fits)
				}
				if fits {
					model = append(model, data...)
				} else {
					p.Put(b)
				}
			case 1: // send, of which a part is transferred
				got := q.Peek(p)
				if (got == nil) != (len(model) == 0) || !bytes.HasPrefix(model, got) {
					t.Fatalf("%d bytes to send are not the first of %d", len(got), len(model))
				}
				if n := (len(got)*much + 254) / 255; n > 0 {
					q.Consume(n, p)
					model = model[n:]
				}
			case 2:
				q.Close(p)
				model = nil
			}
			if q.Any() != (len(model) > 0) || q.Size() < len(model) ||
				(q.Size()-len(model))%BlockCost != 0 {
				t.Fatalf("any %v, size %d, model %d", q.Any(), q.Size(), len(model))
			}
		}
		q.Close(pools[0])
	})
}
