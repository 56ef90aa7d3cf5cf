package dummy

import "testing"

// TestEveryClientHasItsSlot: whatever the number of workers, each client is one worker's, in the slot
// that whoever looks for it computes.
func TestEveryClientHasItsSlot(t *testing.T) {
	for workers := 1; workers <= 3; workers++ {
		const clients = slabSize + 7
		all := 0
		for k := range workers {
			var ds dummies
			n := share(clients, k, workers)
			ds.grow(n, k, workers)
			all += n
			for slot := range n {
				client := slot*workers + k
				d := ds.at(slot)
				if int(d.Client) != client || int(d.Slot) != slot || ds.public(slot) != &d.public {
					t.Errorf("worker %d of %d: slot %d is client %d", k, workers, slot, d.Client)
				}
			}
			if ds.public(ds.slots()) != nil {
				t.Error("a slot beyond the last has a dummy")
			}
		}
		if all != clients {
			t.Errorf("%d workers have %d of %d clients", workers, all, clients)
		}
	}
}
