package dummy

import (
	"testing"
	"time"
)

func TestTimeRingKeepsOutstandingTimesWhenItGrows(t *testing.T) {
	var pool timeRings
	small := pool.take(4)
	for seq := uint64(7); seq < 11; seq++ {
		small.put(seq, time.Duration(seq))
	}
	big := pool.take(9)
	if len(big.at) != 16 {
		t.Fatalf("a ring for 9 has %d places", len(big.at))
	}
	big.copyFrom(small, 7, 10)
	for seq := uint64(7); seq < 11; seq++ {
		if big.get(seq) != time.Duration(seq) {
			t.Errorf("echo %d: %v", seq, big.get(seq))
		}
	}
	pool.give(small)
	if again := pool.take(3); again != small {
		t.Error("a ring given back is not used again")
	}
}
