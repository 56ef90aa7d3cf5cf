package diagnose

import (
	"bytes"
	"testing"

	"dummyload/server/frame"
)

const withSession = `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: body}
request: {body: [{type: u2le, contents: 5000}, {type: u4le, value: client}, {id: payload}]}
answer: {body: [{type: u2le, contents: 5001}, {type: u4le, value: client}, {id: payload}]}
session:
  - send: {body: [{type: u2le, contents: 1001}]}
  - expect: {body: [{type: u2le, contents: 1002}, {rest: any}]}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
`

// TestEachCutOfAnAnswerBegins: however little came, it agrees; one bit more or less, and it differs.
func TestEachCutOfAnAnswerBegins(t *testing.T) {
	formats := []*frame.Format{described(t, withSession)}
	for _, name := range frame.Names() {
		formats = append(formats, frame.Builtin(name))
	}
	e := testEcho()
	for _, f := range formats {
		right := answerIn(f)
		for n := range right {
			if _, fit := e.Answer(f, right[:n]); fit != Begins {
				t.Errorf("%v: %d of %d bytes: %v", f, n, len(right), fit)
			}
		}
		if n, fit := e.Answer(f, append(right, 1, 2, 3)); fit != Whole || n != len(right) {
			t.Errorf("%v: %v, %d of %d", f, fit, n, len(right))
		}
		for i := range len(right) * 8 {
			wrong := bytes.Clone(right)
			wrong[i/8] ^= 1 << (i % 8)
			if _, fit := e.Answer(f, wrong); fit == Whole {
				t.Errorf("%v: right with bit %d turned", f, i)
			}
		}
	}
}

// TestWhatIsIgnoredIsLeftOut: a server may say it before a step, and before an answer.
func TestWhatIsIgnoredIsLeftOut(t *testing.T) {
	f := described(t, withSession)
	ignored := []byte("\x04\x00\x70\x17\x01\x02")
	step := []byte("\x03\x00\xea\x03\x00")
	x := Exchange{Format: f, Echo: testEcho()}
	all := bytes.Join([][]byte{ignored, ignored, step, ignored, answerIn(f)}, nil)
	for n := range len(all) + 1 {
		if x.Got = all[:n]; !x.goesWell() {
			t.Errorf("%x is not as described", x.Got)
		}
	}
	if n, _ := x.Ignored(f, all); n != 2*len(ignored) {
		t.Errorf("%d bytes ignored", n)
	}
	x.Got = append(bytes.Clone(step), 2, 0, 1, 1)
	if x.goesWell() {
		t.Errorf("%x is as described", x.Got)
	}
}

// TestAWrongFieldIsNamed where the payload came back, and only there: numbers as the description writes
// them.
func TestAWrongFieldIsNamed(t *testing.T) {
	parse := func(answer string) *frame.Format {
		f, err := frame.Parse("x.yaml", "frame: [{id: length, type: u2le, counts: body}, {id: body}]\n"+
			"request: {body: [{id: n, type: u4le, value: client}, {id: payload}]}\n"+
			"answer: {body: ["+answer+", {id: payload}]}\n")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	e := Echo{Payload: []byte("12345678")}
	e.Client = 7
	for _, c := range []struct{ says, described, want string }{
		{"{type: u2le, contents: 5001}", "{id: type, type: u2le, contents: 5002}",
			"field type: want 5002 (8a13), got 5001 (8913)"},
		{"{type: u4le, contents: 8}", "{id: who, type: u4le, value: client}",
			"field who: want 7 (07000000), got 8 (08000000)"},
		{"{contents: \"12x\"}", "{id: n, type: digits, size: 3, contents: 42}", `field n: want "042", got "12x"`},
	} {
		f := parse(c.described)
		whole := parse(c.says).Answer.Begin(nil, &e.Values, len(e.Payload))
		w := e.WrongField(f, f.Answer, append(whole, e.Payload...))
		if w == nil || w.String() != c.want {
			t.Errorf("%s: %v, want %s", c.described, w, c.want)
		}
		if w := e.WrongField(f, f.Answer, append(whole, "1234567x"...)); w != nil {
			t.Errorf("%s: another payload: %v", c.described, w)
		}
	}
}
