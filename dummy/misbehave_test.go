package dummy

import (
	"strings"
	"testing"

	"dummyload/server/frame"
)

func TestMisbehaviourIsReadAndWrongOnesAreNamed(t *testing.T) {
	got, err := ParseHostile("mute:25%,idle,rst-storm:0.5%")
	want := []Hostile{{Mute, 0.25}, {Silent, DefaultShare}, {RSTStorm, 0.005}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	for _, name := range Manners() {
		if h, err := ParseHostile(name); err != nil || h[0].Manner.String() != name {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	for text, says := range map[string]string{
		"": "rst-storm", "loud": "half-header", "mute,": "idle", "mute:10": `"10"`, "mute:0%": "above 0%",
		"mute:101%": "100%", "mute:NaN%": "NaN", "mute:%": "share", "mute:-1%": "-1%",
	} {
		if _, err := ParseHostile(text); err == nil || !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMisbehaviourThatTheFrameDoesNotHaveIsRefused(t *testing.T) {
	for f, refused := range map[frame.Format]string{
		frame.Raw: "oversize zero half-header", frame.Len16: "oversize", frame.Len32: "",
		frame.Line: "half-header",
	} {
		for m := range numManners {
			err := CheckHostile([]Hostile{{m, 1}}, f)
			want := strings.Contains(" "+refused+" ", " "+m.String()+" ")
			if want != (err != nil) || want && !strings.HasPrefix(err.Error(), "misbehave:") {
				t.Errorf("%v, %v: %v", f, m, err)
			}
		}
	}
	for _, wrong := range [][]Hostile{{{Mute, 1}, {Mute, 1}}, {{numManners, 1}}, {{Mute, 0}}} {
		if CheckHostile(wrong, frame.Len16) == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}

func TestShareIsOfTheClients(t *testing.T) {
	c := Config{Clients: 200, Hostile: []Hostile{{Mute, 0.1}, {Silent, 0.001}, {Slow, 1}}}
	if n := c.hostile(); n != 20+1+200 {
		t.Errorf("%d hostile dummies", n)
	}
	c = Config{Target: someTarget, Clients: MaxClients, Hostile: []Hostile{{Mute, 1}, {Slow, 1}}}
	if _, err := c.WithDefaults(); err == nil || !strings.HasPrefix(err.Error(), "misbehave:") {
		t.Errorf("more than there may be: %v", err)
	}
	cfg, err := Config{Target: someTarget, Clients: 1000, Workers: 1, Hostile: []Hostile{{Mute, 1}}}.
		WithDefaults()
	must(t, err)
	if enoughDescriptors(cfg, false, 2067) == nil || enoughDescriptors(cfg, false, 2068) != nil {
		t.Error("the preflight does not count them")
	}
}
