package frame

import (
	"bytes"
	"strings"
	"testing"
)

// givenSpecs are built-in formats as --frame names them, with options and without.
var givenSpecs = []string{
	"raw", "len16", "len32", "len16be", "len32be", "line", "crlf", "id16", "echo64",
	"net", "net:key=0xa9", "net:code=0x59,key=1", "net:key=9,code=255", "id16:request=7,answer=0x1234",
}

// everyFormat are those, and the examples; each also with the login packet where that is possible.
func everyFormat(t *testing.T, check func(t *testing.T, f *Format)) {
	t.Helper()
	var all []*Format
	for _, spec := range givenSpecs {
		all = append(all, must(t, spec))
	}
	for name, text := range examples {
		f, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	for _, f := range all {
		t.Run(f.String(), func(t *testing.T) { check(t, f) })
		login, err := f.WithLogin()
		if err != nil {
			if len(f.Session) == 0 || !strings.Contains(err.Error(), "beside a session") {
				t.Error(err)
			}
			continue
		}
		t.Run(f.String()+" and login", func(t *testing.T) { check(t, login) })
	}
}

func TestADescriptionMakesTheSameFormatAgain(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) {
		again, err := Parse(f.String(), f.Description())
		if err != nil {
			t.Fatalf("%v\n%s", err, f.Description())
		}
		if again.Description() != f.Description() || again.Digest() != f.Digest() {
			t.Errorf("another text:\n%s\n%s", f.Description(), again.Description())
		}
		v := Values{Client: 70000, Connection: 3, Sequence: 9, Packet: 11, Random: 5}
		ours, theirs := f.messages(), again.messages()
		if len(ours) != len(theirs) || len(f.Session) != len(again.Session) {
			t.Fatalf("%d messages, not %d", len(theirs), len(ours))
		}
		for i, m := range ours {
			p := letters(m.Carries(20))
			a := m.End(append(m.Begin(nil, &v, len(p)), p...), 0, &v)
			b := theirs[i].End(append(theirs[i].Begin(nil, &v, len(p)), p...), 0, &v)
			if !bytes.Equal(a, b) {
				t.Errorf("message %d:\n%x\n%x", i, a, b)
			}
		}
		a, b := f.Server().Greetings(-1, &v), again.Server().Greetings(-1, &v)
		if len(a) != len(b) || !bytes.Equal(bytes.Join(a, nil), bytes.Join(b, nil)) {
			t.Errorf("greetings %x %x", a, b)
		}
	})
}

func TestOptionsAreWrittenIntoTheText(t *testing.T) {
	f := must(t, "net:key=0xa9,code=119")
	if !strings.Contains(f.Description(), "options: {code: 119, key: 0xa9}\n") {
		t.Error(f.Description())
	}
	if f.Digest() == must(t, "net").Digest() || len(f.Digest()) != 16 {
		t.Error(f.Digest())
	}
	if plain := must(t, "net:code=0x77,key=0x32"); plain.Description() != must(t, "net").Description() {
		t.Error("the defaults, when given, make another text")
	}
}

func TestOptionsThatAreWrongAreOneLine(t *testing.T) {
	for spec, says := range map[string]string{
		"net:key":           "KEY=VALUE",
		"net:":              "KEY=VALUE",
		"net:cod=1":         `option "cod" of frame net; accepted: code, key`,
		"len16:key=1":       "accepted: none",
		"net:key=x":         `option key="x" of frame net; accepted: a number`,
		"net:key=256":       "option key=256 of frame net; accepted: 0 to 255",
		"net:key=-1":        "option key=-1 of frame net; accepted: 0 to 255",
		"net:key=1,key=2":   `option "key" of frame net twice`,
		"net:code=0x100":    "option code=0x100 of frame net; accepted: 0 to 255",
		"id16:answer=70000": "option answer=70000 of frame id16; accepted: 0 to 65535",
	} {
		if _, err := Named(spec); err == nil || !strings.Contains(err.Error(), says) ||
			strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), ":1:") {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestTheLoginPacketIsAStepOfTheSession(t *testing.T) {
	for _, spec := range givenSpecs {
		f := must(t, spec)
		if len(f.Session) > 0 {
			continue
		}
		f, err := f.WithLogin()
		if err != nil {
			t.Fatal(err)
		}
		want := f.AppendPacket(nil, f.Server().Greetings(-1, &Values{})[0], 0)
		m := f.Session[0]
		got := m.End(m.Begin(nil, &Values{}, 0), 0, &Values{})
		if m.Send || !m.Fixed() || len(got) != len(want) {
			t.Fatalf("%s: %x %x", spec, got, want)
		}
		plain := m.Open(nil, new(Cursor), want, 0)
		if p, ok := m.Read(plain); !ok || p.Wrong != nil || !bytes.Contains(plain,
			[]byte("\xff\xff\xff\xff\xff\xff\xff\x7f")) {
			t.Errorf("%s: %x %+v", spec, plain, p.Wrong)
		}
	}
}

// TestTextsOfManyLayouts has the login packet and positions right however the YAML is laid out.
func TestTextsOfManyLayouts(t *testing.T) {
	for _, text := range []string{
		"{title: ä, frame: [{id: n, type: u2le, counts: body}, {id: body}]}",
		"# ünder\ntitle: ä\n\nframe: # here\n  - {id: n, type: u2le, counts: body}\n  - {id: body}",
		"  frame:\n    - {id: n, type: u2le, counts: body}\n    - {id: body}\n  title: x\n",
		"--- # one\nframe: [{id: n, type: u2le, counts: body}, {id: body}]\n...\n",
		"\ufefftitle: x # y\r\nframe:\r\n  - {id: n, type: u2le, counts: body}\r\n  - {id: body}\r\n",
		"\"frame\": [{id: n, type: u2le, counts: body}, {id: body}]\n",
		"stream: true",
		"{stream: true}",
	} {
		f, err := Parse("x", text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		login, err := f.WithLogin()
		if err != nil || len(login.Session) != 1 {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if _, err := login.WithLogin(); err == nil {
			t.Errorf("%q: two login packets", text)
		}
	}
	_, err := Parse("x", "title: x # y\r\nframe:\r\n  - {id: n, typ: u2le}\r\n")
	if e, ok := err.(*Error); !ok || e.Line != 3 || e.Column != 13 || e.Excerpt != "- {id: n, typ: u2le}" {
		t.Errorf("%#v", err)
	}
}
