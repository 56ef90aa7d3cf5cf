package hostile

import (
	"strings"
	"testing"

	"dummyload/server/frame"
)

func TestMisbehaviourIsReadAndWrongOnesAreNamed(t *testing.T) {
	got, err := Parse("mute:25%,idle,rst-storm:0.5%")
	want := []Group{{Mute, 0.25}, {Silent, DefaultShare}, {RSTStorm, 0.005}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%+v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	for _, name := range Kinds() {
		if h, err := Parse(name); err != nil || h[0].Kind.String() != name {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	for text, says := range map[string]string{
		"": "rst-storm", "loud": "half-header", "mute,": "idle", "mute:10": `"10"`, "mute:0%": "above 0%",
		"mute:101%": "100%", "mute:NaN%": "NaN", "mute:%": "share", "mute:-1%": "-1%",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMisbehaviourThatTheFrameDoesNotHaveIsRefused(t *testing.T) {
	for f, refused := range map[*frame.Format]string{
		frame.Builtin("raw"): "oversize zero half-header", frame.Builtin("len16"): "oversize", len32: "",
		line: "half-header", frame.Builtin("net"): "oversize", frame.Builtin("id16"): "oversize",
		frame.Builtin("len16be"): "oversize", frame.Builtin("len32be"): "", byte1: "oversize half-header",
		empties: "oversize zero", typed: "oversize", counted: "", greeted: "oversize zero half-header", text: "",
	} {
		for m := range numKinds {
			err := Check([]Group{{m, 1}}, f)
			want := strings.Contains(" "+refused+" ", " "+m.String()+" ")
			if want != (err != nil) || want && !strings.HasPrefix(err.Error(), "misbehave:") {
				t.Errorf("%v, %v: %v", f, m, err)
			}
		}
	}
	err := Check([]Group{{Oversize, 1}}, frame.Builtin("len16"))
	if want := "misbehave: oversize with frame len16, which cannot be wrong like that; accepted: zero, " +
		"half-header, flood, idle, mute, slow, rst-storm"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	err = Check([]Group{{ZeroLength, 1}}, empties)
	if err == nil || !strings.Contains(err.Error(), ", where a packet without a body is legal; accepted: ") {
		t.Errorf("zero: %v", err)
	}
	for _, wrong := range [][]Group{{{Mute, 1}, {Mute, 1}}, {{numKinds, 1}}, {{Mute, 0}}} {
		if Check(wrong, len32) == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}

func TestShareIsOfTheClients(t *testing.T) {
	if n := Count([]Group{{Mute, 0.1}, {Silent, 0.001}, {Slow, 1}}, 200); n != 20+1+200 {
		t.Errorf("%d hostile dummies", n)
	}
}
