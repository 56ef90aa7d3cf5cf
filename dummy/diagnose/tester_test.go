package diagnose

import (
	"testing"
	"time"
)

// TestWhenTheTesterIsTheBottleneck: never idle, and behind where there is a schedule.
func TestWhenTheTesterIsTheBottleneck(t *testing.T) {
	const on = 10 * time.Second
	for name, c := range map[string]struct {
		t    Tester
		want bool
	}{
		"idle now and then":      {Tester{Ran: 0.9}, false},
		"never idle":             {Tester{Ran: 0.91}, true},
		"running or starved":     {Tester{Ran: 0.6, Starved: 0.31}, true},
		"starved":                {Tester{Starved: 0.51}, true},
		"starved half the time":  {Tester{Starved: 0.5}, false},
		"nothing was measured":   {Tester{}, false},
		"on schedule":            {Tester{Ran: 1, OpenLoop: true, EchoOn: on, Behind: on / 100}, false},
		"behind":                 {Tester{Ran: 1, OpenLoop: true, EchoOn: on, Behind: on/100 + 1}, true},
		"behind, and idle":       {Tester{Ran: 0.5, OpenLoop: true, EchoOn: on, Behind: on}, false},
		"behind by next to none": {Tester{Ran: 1, OpenLoop: true, EchoOn: 1, Behind: MinLag}, false},
	} {
		if got := c.t.Saturated(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
