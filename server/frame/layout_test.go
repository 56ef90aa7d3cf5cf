package frame

import "testing"

// TestABodyOfFixedSizeHasNoTail: what follows it in the frame has its place from the beginning, too.
func TestABodyOfFixedSizeHasNoTail(t *testing.T) {
	f, err := Parse("x", `
frame: [{id: n, type: u2le, counts: rest}, {id: body}, {id: end, contents: [7, 8]}]
request: {body: [{contents: a}, {id: payload}, {contents: bc}]}
answer: {body: [{id: payload}]}
session:
  - send: {body: [{contents: hello}]}
  - expect: {body: [{contents: x}, {rest: any}, {contents: yz}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m          *Message
		head, tail int
		hole, rest bool
		end        where // of the field "end"
	}{
		{f.Request, 3, 4, true, false, where{2, true}},
		{f.Answer, 2, 2, true, false, where{2, true}},
		{f.Session[0].Message, 9, 0, false, false, where{7, false}},
		{f.Session[1].Message, 3, 4, false, true, where{2, true}},
	} {
		s := c.m.find("end")
		at := c.m.place(s, len(c.m.tail) > 0).from
		if c.m.headSize != c.head || c.m.tailSize != c.tail || c.m.hole != c.hole ||
			c.m.rest != c.rest || at != c.end {
			t.Errorf("%d and %d bytes, %v %v, end at %v; want %+v",
				c.m.headSize, c.m.tailSize, c.m.hole, c.m.rest, at, c)
		}
	}
	v := &Values{}
	m := f.Session[0]
	if got := string(m.End(m.Begin(nil, v, 0), 0, v)); got != "\x07\x00hello\x07\x08" {
		t.Errorf("%q", got)
	}
	for text, right := range map[string]bool{
		"\x07\x00xabyz\x07\x08": true, "\x05\x00xyz\x07\x08": true, "\x07\x00xabyy\x07\x08": false,
		"\x07\x00xabyz\x07\x09": false, "\x08\x00xabyz\x07\x08": false, "\x04\x00xz\x07\x08": false,
	} {
		if p, ok := f.Session[1].Read([]byte(text)); (ok && p.Wrong == nil) != right {
			t.Errorf("%q: %v %v", text, ok, p.Wrong)
		}
	}
}
