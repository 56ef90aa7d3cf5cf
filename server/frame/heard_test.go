package frame

import "testing"

// TestAServerDoesNotKnowWhomItGreets: every packet has the client's number in front. What the server says
// first has any, what it says after a packet of the dummy has the right one.
func TestAServerDoesNotKnowWhomItGreets(t *testing.T) {
	f, err := Parse("greets", `
frame: [{id: length, type: u2le, counts: body}, {id: who, type: u4le, value: client}, {id: body},
  {id: sum, type: u1, value: "sum8(who, body)"}]
session:
  - expect: {body: [{contents: "welcome"}]}
  - send: {body: [{contents: "hello"}]}
  - expect: {body: [{contents: "go on"}, {id: n, type: u2le, value: connection}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	right, other := Values{Client: 7, Connection: 3}, Values{Client: 8, Connection: 9}
	read := func(m *Message, v *Values) *Wrong {
		t.Helper()
		p, ok := m.Read(m.End(m.Begin(nil, v, 0), 0, v))
		if !ok || p.Wrong != nil {
			t.Fatalf("%v %+v", ok, p.Wrong)
		}
		return m.WrongValue(&p, &right)
	}
	first, second := f.Session[0].Message, f.Session[2].Message
	if wrong := read(first, &other); wrong != nil || first.Predictable() {
		t.Errorf("the greeting: %+v", wrong)
	}
	if wrong := read(second, &other); wrong == nil || wrong.Field != "who" {
		t.Errorf("another client's: %+v", wrong)
	}
	other.Client = right.Client // the connection was not told
	if wrong := read(second, &other); wrong != nil {
		t.Errorf("the right client's: %+v", wrong)
	}
}
