package frame

import (
	"regexp"
	"strings"
	"testing"
)

const (
	length2 = "frame:\n  - {id: length, type: u2le, counts: body}\n"
	length1 = "frame:\n  - {id: length, type: u1, counts: body}\n"
)

// bad are descriptions that cannot be, where the error stands, and what it says.
var bad = []struct{ text, at, says string }{
	{"", "1:1", "an empty description"},
	{"frame", "1:1", "a mapping|keys with values"},
	{"- a\n- b\n", "1:1", "a list"},
	{"a: [1, 2\n", "1:4", "not YAML"},
	{"\tframe: []\n", "1:", "a tab; YAML indents with spaces"},
	{"title: x\nframe:\n\t- {id: body}\n", "3:1", "a tab; YAML indents with spaces"},
	{"\xff\xfet\x00i\x00", "1:1", "UTF-16; save it as UTF-8"},
	{"\xfe\xff\x00t", "1:1", "UTF-16; save it as UTF-8"},
	{"t\x00i\x00t\x00", "1:1", "UTF-16; save it as UTF-8"},
	{"title: \xb3\xbb\n", "1:1", "not UTF-8; save it as UTF-8"}, // CP949
	{"frame: []\n", "1:", "0 bodies"},
	{"title: x\n", "1:1", "neither frame nor stream"},
	{"frame:\n  - {id: body}\n", "2:5", "nothing says where a frame ends"},
	{length2 + "  - {id: len2, type: u2le, counts: body}\n  - {id: body}\n", "2:", "2 lengths"},
	{twoBytes + "  - {id: body}\n", "4:", "twice"},
	{"frame:\n  - {id: length, type: u2le, counts: body}\n", "2:5", "0 bodies"},
	{length2 + "  - {id: length, type: u2le}\n  - {id: body}\nrequest: {type: 1, body: []}\n", "3:",
		"id \"length\" twice"},
	{length2 + "  - {id: x, type: digits, size: 4, pad: 1, value: client}\n  - {id: body}\n", "3:",
		"pad 1; accepted: \"0\" or"},
	{twoBytes + "lenght: 1\n", "4:1", "unknown key \"lenght\""},
	{"frame:\n  - {id: length, typ: u2le, counts: body}\n  - {id: body}\n", "2:", "unknown key \"typ\""},
	{"frame:\n  - {id: length, type: u5le, counts: body}\n  - {id: body}\n", "2:", "type \"u5le\""},
	{"frame:\n  - {id: length, type: 2, counts: body}\n  - {id: body}\n", "2:", "accepted: a word"},
	{"frame:\n  - {id: length, type: u2le, counts: all}\n  - {id: body}\n", "2:", "counts \"all\""},
	{"frame:\n  - {id: length, type: u2le, counts: body, plus: 99999999}\n  - {id: body}\n", "2:", "plus 99999999"},
	{"frame:\n  - {id: length, type: u2le, counts: body, plus: x}\n  - {id: body}\n", "2:", "plus is"},
	{"frame:\n  - {id: length, counts: body}\n  - {id: body}\n", "2:", "has no \"type\""},
	{"frame:\n  - {id: length, type: digits, counts: body}\n  - {id: body}\n", "2:", "has no \"size\""},
	{"frame:\n  - {id: length, type: digits, size: 40, counts: body}\n  - {id: body}\n", "2:", "size 40"},
	{"frame:\n  - {id: length, type: u2le, size: 3, counts: body}\n  - {id: body}\n", "2:", "size beside type"},
	{"frame:\n  - {id: length, type: digits, size: 4, pad: x, counts: body}\n  - {id: body}\n", "2:", "pad"},
	{"frame:\n  - {id: length, type: u2le, pad: \"0\", counts: body}\n  - {id: body}\n", "2:", "pad beside type"},
	{"frame:\n  - {id: body}\n  - {id: length, type: u2le, counts: body}\n", "3:", "a length after the body"},
	{length2 + "  - {id: body, terminator: \"\\n\"}\n", "2:", "a length and a terminator"},
	{"frame:\n  - {id: body, terminator: \"12345\"}\n", "2:", "5 bytes"},
	{"frame:\n  - {id: body, terminator: []}\n", "2:", "0 bytes"},
	{"frame:\n  - {id: body, terminator: \"\\n\"}\n  - {contents: \"x\"}\n", "3:", "after a terminator"},
	{"frame:\n  - {contents: \"a\\n\"}\n  - {id: body, terminator: \"\\n\"}\n", "2:", "holds the terminator"},
	{"frame:\n  - {id: n, type: u4le, value: client}\n  - {id: body, terminator: \"\\n\"}\n", "2:",
		"binary field beside a terminator"},
	{length2 + "  - {id: x, type: u1, value: sum8(x)}\n  - {id: body}\n", "3:", "over itself"},
	{length2 + "  - {id: x, type: u1, value: sum8(nobody)}\n  - {id: body}\n", "3:30", "over \"nobody\""},
	{length2 + "  - {id: x, type: u1, value: sum8(payload)}\n  - {id: body}\n", "3:", "over \"payload\""},
	{length2 + "  - {id: x, type: u2le, value: sum8(body)}\n  - {id: body}\n", "3:", "in a field of 2 bytes"},
	{length2 + "  - {id: x, type: u1, value: md5(body)}\n  - {id: body}\n", "3:", "checksum \"md5\""},
	{length2 + "  - {id: x, type: u1, value: sum8(body}\n  - {id: body}\n", "3:", "not YAML|accepted: like"},
	{length2 + "  - {id: x, type: u1, value: sum8()}\n  - {id: body}\n", "3:", "accepted: like sum8(body)"},
	{length2 +
		"  - {id: x, type: u1, value: \"sum8(y)\"}\n  - {id: y, type: u1, value: sum8(body)}\n  - {id: body}\n",
		"3:", "over another checksum"},
	{length2 + "  - {id: x, type: u1, value: sum8(body), over: ciphered}\n  - {id: body}\n", "3:",
		"without a process"},
	{length2 + "  - {id: x, type: u1, value: lucky}\n  - {id: body}\n", "3:", "value \"lucky\""},
	{length2 + "  - {id: x, value: random}\n  - {id: body}\n", "3:", "has no \"type\""},
	{length2 + "  - {id: x, type: u1, contents: 256}\n  - {id: body}\n", "3:", "contents 256"},
	{length2 + "  - {id: x, contents: [1, 300]}\n  - {id: body}\n", "3:", "300; accepted: 0 to 255"},
	{length2 + "  - {id: x, contents: {a: 1}}\n  - {id: body}\n", "3:", "a mapping"},
	{length2 + "  - {id: 1x, contents: a}\n  - {id: body}\n", "3:", "id \"1x\""},
	{length2 + "  - {id: x, type: u1, contents: $magic}\n  - {id: body}\n", "3:", "no option \"magic\""},
	{"options: {magic: 3}\nframe:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n", "1:",
		"used nowhere"},
	{"options: {magic: true}\nframe:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n", "1:",
		"option \"magic\""},
	{length2 + "  - {rest: any}\n", "3:", "a field of the body in frame"},
	{length2 + "  - {id: payload, first: 8}\n", "3:", "a field without a value"},
	{length2 + "  - {contents: x, value: random, type: u1}\n  - {id: body}\n", "3:", "\"contents\" beside value"},
	{length2 + "  - {}\n  - {id: body}\n", "3:", "a field without a value"},
	{twoBytes + "request: {body: []}\n", "4:", "request has no {id: payload}"},
	{twoBytes + "answer: {body: [{contents: x}]}\n", "4:", "answer has no {id: payload}"},
	{twoBytes + "request: {body: [{id: payload}, {id: payload}]}\n", "4:", "twice|two fields"},
	{twoBytes + "request: {body: [{id: payload, first: 8}]}\n", "4:", "first in a request"},
	{twoBytes + "answer: {body: [{id: payload, first: 4}]}\n", "4:", "first 4"},
	{twoBytes + "answer: {body: [{id: n, type: u4le, value: client}, {id: payload}]}\n",
		"4:", "nor a step of the dummy tells"},
	{twoBytes + "answer: {body: [{id: payload}, {rest: any}]}\n", "4:", "rest: any beside the payload"},
	{twoBytes + "answer: {body: [{id: payload}], type: 3}\n", "4:", "unknown key \"type\""},
	{length2 + "  - {id: type, type: u1}\n  - {id: body}\n", "", "gives the field"},
	{length2 +
		"  - {id: type, type: u1}\n  - {id: body}\nrequest: {type: 300, body: [{id: payload}]}\n" +
		"answer: {type: 1, body: [{id: payload}]}\n", "5:",
		"type 300; accepted: 0 to 255"},
	{length2 +
		"  - {id: type, type: u1}\n  - {id: body}\nrequest: {type: wild, body: [{id: payload}]}\n" +
		"answer: {type: 1, body: [{id: payload}]}\n", "5:",
		"type \"wild\"; accepted: a number, client, connection, sequence, any"},
	{"stream: true\nframe:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n", "3:",
		"a frame beside stream"},
	{"stream: true\nprocess: {xor: {key: [1], from: body}}\n", "2:", "process beside stream"},
	{"stream: true\nheartbeat: {every: 1s, send: {body: [{contents: x}]}}\n", "2:", "heartbeat beside stream"},
	{"stream: true\nignore: [{body: [{contents: x}]}]\n", "2:", "ignore beside stream"},
	{"stream: true\nsession: [{expect: {body: [{rest: any}]}}]\n", "2:", "rest: any beside stream"},
	{"stream: maybe\n", "1:", "true or false"},
	{twoBytes + "process: {aes: {key: 1}}\n", "4:", "unknown key \"aes\""},
	{twoBytes + "process: {xor: {key: [], from: body}}\n", "4:", "0 bytes"},
	{twoBytes + "process: {xor: {key: [1], from: length}}\n", "4:", "would hide the length"},
	{twoBytes + "process: {xor: {key: [1], from: nowhere}}\n", "4:", "process from \"nowhere\""},
	{twoBytes + "process: {netchain: {key: 1, random: length, from: body}}\n", "4:", "random: \"length\""},
	{"frame:\n  - {id: body, terminator: \"\\n\"}\nprocess: {xor: {key: [1], from: body}}\n", "3:",
		"process beside a terminator"},
	{twoBytes + "session: [{send: {body: [{id: payload}]}}]\n", "4:", "payload in what is no echo"},
	{twoBytes + "session: [{say: {body: [{contents: x}]}}]\n", "4:", "unknown key \"say\""},
	{twoBytes + "session: [{send: {body: [{contents: x}]}, expect: {body: [{contents: y}]}}]\n", "4:",
		"2 keys in one step"},
	{twoBytes + "heartbeat: {every: 1, send: {body: [{contents: x}]}}\n", "4:", "every"},
	{twoBytes + "heartbeat: {every: 1ms, send: {body: [{contents: x}]}}\n", "4:", "10ms to 24h"},
	{twoBytes + "heartbeat: {every: 1s}\n", "4:", "has no \"send\""},
	{twoBytes + "ignore: [{body: [{rest: any}]}]\n", "4:", "an answer may look like"},
	{twoBytes + "ignore: {body: []}\n", "4:", "accepted: a list"},
	{"frame: &a\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n", "1:", "an anchor"},
	{twoBytes + "title: !!str x\n", "4:", "a tag"},
	{twoBytes + "---\ntitle: x\n", "", "2 YAML documents"},
	{"title: a\ntitle: b\nframe:\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n", "2:1",
		"already defined|twice"},
	{"a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nframe: *c\n", "1:", "unknown key"},
	{"frame:\n  - {id: length, type: u1, counts: frame, plus: 250}\n  - {id: body}\n", "", "at most|no body"},
	{"frame:\n  - {id: length, type: u1, counts: frame}\n  - {size: 250, fill: 0}\n  - {id: body}\n", "",
		"payload at most"},
	{"frame:\n  - {id: body, terminator: \"\\r\\n\"}\nanswer: {body: [{contents: \"\\r\"}, {contents: \"\\n" +
		"\"}, {id: payload}]}\n", "3:", "stand together"},
	{"frame:\n  - {id: body, terminator: \"\\r\\n\\r\\n\"}\n" +
		"answer: {body: [{id: payload}, {contents: \"\\r\\n\"}]}\n", "3:", "stand together"},
	{"frame:\n  - {id: body, terminator: \"7\"}\n" +
		"request: {body: [{type: digits, size: 4, value: client}, {id: payload}]}\n", "3:",
		"a byte of the terminator"},
	{"frame:\n  - {id: body, terminator: [0]}\nsession: [{expect: {body: [{size: 4, any: true}]}}]\n", "3:",
		"a byte of the terminator"},
	{"frame:\n  - {id: length, type: u1, counts: body, plus: -9}\n  - {id: body}\n", "1:", "below 0"},
	{length1 + "  - {id: body}\nsession: [{send: {body: [{size: 300, fill: 1}]}}]\n", "4:", "at most 256"},
	{length1 + "  - {id: body}\nsession: [{send: {body: [{rest: any}]}}]\n", "4:", "what a dummy sends"},
	{length1 + "  - {id: body}\nrequest: {body: [{id: length, type: u1, contents: 1}, {id: payload}]}\n", "4:",
		"twice"},
	{length1 +
		"  - {id: body}\nrequest: {body: [{type: u1, value: client}, {id: payload}]}\n" +
		"answer: {body: [{type: u2le, value: client}, {id: payload}]}\n", "5:", "a larger field"},
	{"stream: true\nanswer: {body: [{contents: x}, {id: payload}]}\n", "2:", "answer beside stream"},
	{length1 +
		"  - {id: body}\n" +
		"heartbeat: {every: 1s, send: {body: [{type: u1, contents: 1}, {type: u8le, value: client}]}}\n", "4:",
		"an echo may look like"},
	{length1 +
		"  - {id: body}\nsession: [{send: {body: [{contents: [1, 2]}]}}]\n" +
		"heartbeat: {every: 1s, send: {body: [{contents: [1, 2]}]}}\n", "5:",
		"a packet of the session may look like"},
	{"frame:\n  - {contents: \"\\x89\"}\n  - {id: length, type: u1, counts: body}\n  - {id: body}\n", "2:",
		"a list of bytes"},
	{"frame:\n  - {id: body, terminator: '\\n'}\n", "2:", "double quotes"},
	{length2 + "  - {id: crc, type: u4le, value: crc32(length, body)}\n  - {id: body}\n", "3:48", "quotes around"},
	{"{title: a title that makes the line long, frame: [{id: length, type: u2le, counts: body}, {id: body}], " +
		"request: {bdy: []}}", "1:114",
		"key \"bdy\" of request; accepted: body (in \"…: body}], request: {bdy: []}}\")"},
	{"title: \"a\\nb\"\nstream: true\n", "1:", "more than one line"},
	{"frame:\n  - {id: x, size: 300, fill: 1}\n  - {id: length, type: u2le, counts: body}\n  - {id: body}\n",
		"", "before the body"},
}

// TestAPadNeedsNoQuotes: the digit 0 is the same text.
func TestAPadNeedsNoQuotes(t *testing.T) {
	for _, pad := range []string{"0", `"0"`, `" "`} {
		f, err := Parse("x.yaml", "frame: [{id: n, type: digits, size: 3, pad: "+pad+", counts: body}, {id: body}]\n")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Repeat(strings.Trim(pad, `"`), 2) + "8"
		if got := f.Request.Begin(nil, &Values{}, 8); string(got) != want {
			t.Errorf("pad: %s: %q", pad, got)
		}
	}
}

func TestBadDescriptionsAreOneLine(t *testing.T) {
	for _, b := range bad {
		_, err := Parse("x.yaml", b.text)
		if err == nil {
			t.Errorf("%q: taken", b.text)
			continue
		}
		var words []string
		for w := range strings.SplitSeq(b.says, "|") {
			words = append(words, regexp.QuoteMeta(w))
		}
		text := err.Error()
		if !strings.HasPrefix(text, "x.yaml:"+b.at) || !regexp.MustCompile(strings.Join(words,
			"|")).MatchString(text) || strings.Contains(text, "\n") {
			t.Errorf("%q:\n  %s\n  want %s %s", b.text, text, b.at, b.says)
		}
	}
	t.Logf("%d descriptions", len(bad))
}
