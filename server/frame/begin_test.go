package frame

import "testing"

// TestAnOpenEndMayHaveBegun: by constants alone, however few of their bytes came.
func TestAnOpenEndMayHaveBegun(t *testing.T) {
	f, err := Parse("test.yaml", `
frame:
  - {id: length, type: u2le, counts: body}
  - {id: body}
ignore:
  - {body: [{type: u2le, contents: 6000}, {rest: any}]}
  - {body: [{type: u4le, contents: 7}]}
answer: {body: [{type: u2le, contents: 5000}, {id: payload}]}
request: {body: [{id: payload}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Ignore[0].OpenEnded() || f.Ignore[1].OpenEnded() || f.Answer.OpenEnded() {
		t.Error("another has an open end")
	}
	for b, want := range map[string]bool{
		"": true, "\x09": true, "\x09\x00\x70": true, "\x09\x00\x70\x17": true, "\x09\x00\x70\x17\x01\x02": true,
		"\x09\x00\x71": false, "\x09\x00\x70\x18": false, "\x09\x00\x70\x18\x01": false,
	} {
		if got := f.Ignore[0].MayBegin([]byte(b)); got != want {
			t.Errorf("%q: %v", b, got)
		}
	}
}
