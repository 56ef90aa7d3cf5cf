package show

import (
	"strings"
	"testing"

	"dummyload/monitor"
	"dummyload/server/frame"
	"dummyload/server/gallery"
)

// typed is what nothing built in has all of: an answer that differs from its request, a session in which
// the dummy speaks first, a cipher.
const typed = `
title: packet types, the client's number and a login, ciphered
frame:
  - {id: code, type: u1, contents: 0x77}
  - {id: length, type: u2le, counts: body}
  - {id: rand, type: u1, value: random}
  - {id: sum, type: u1, value: sum8(body)}
  - {id: body}
process: {netchain: {key: 0x32, random: rand, from: sum}}
request: {body: [{id: type, type: u2le, contents: 5000}, {type: u8le, value: client}, {id: payload}]}
answer: {body: [{id: type, type: u2le, contents: 5001}, {type: u8le, value: client}, {id: payload}]}
session:
  - send: {body: [{type: u2le, contents: 1001}, {type: u8le, value: client}, {size: 64, fill: 0},
        {type: u4le, contents: 1}]}
  - expect: {body: [{type: u2le, contents: 1002}, {size: 1, any: true}]}
`

// wrongWords are the exhibits that are wrong in what they say, and the bundled server.
var wrongWords = []string{"corrupt", "truncate", "duplicate", "drop", "swap", "reorder", "unasked",
	"after-stop", "previous", "greeting-missing", "greeting-twice", "chunk-is-packet", "right-net", "right-login"}

// TestGalleryUnderOtherFrames: what a server says is named for what it is, however it travels: ciphered,
// as lines of text, with types and a session. TestGallery has shown the usual frame.
func TestGalleryUnderOtherFrames(t *testing.T) {
	described, err := frame.Parse("typed", typed)
	if err != nil {
		t.Fatal(err)
	}
	var exhibits []gallery.Exhibit
	frames := []*frame.Format{frame.Builtin("net"), frame.Builtin("line"), described}
	for _, f := range frames {
		chosen, err := gallery.Named(wrongWords...)
		if err == nil {
			chosen, err = gallery.Under(f, chosen)
		}
		if err != nil {
			t.Fatal(err)
		}
		exhibits = append(exhibits, chosen...)
	}
	all := showAll(t.Context(), exhibits, Parallel, monitor.Rules{})
	for i, f := range frames {
		shows := all[i*len(wrongWords) : (i+1)*len(wrongWords)]
		t.Logf("frame %v:\n%s", f, matrix(shows))
		for _, s := range shows {
			if s.Result != AsExpected {
				t.Errorf("frame %v: %s: %s: expected %v, earned %v, seed %d\n%s", f, s.Name, s.Result,
					s.Expected, s.Earned, s.Seed, strings.Join(s.Why, "\n"))
			}
		}
	}
}
