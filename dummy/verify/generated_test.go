package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dummyload/server/frame"

	"pgregory.net/rapid"
)

// generated is any description: a header of some fields in some order, perhaps a trailer, a cipher, and
// fields before and after the payload.
func generated(t *rapid.T) *frame.Format {
	one := func(of []string, label string) string { return rapid.SampledFrom(of).Draw(t, label) }
	some := func(of []string, most int, label string) (fields []string) {
		for i := range rapid.IntRange(0, most).Draw(t, label) {
			fields = append(fields, fmt.Sprintf(one(of, label), fmt.Sprintf("%s%d", label, i)))
		}
		return fields
	}
	around := []string{
		"{id: %s, contents: [1, 2, 3]}", "{id: %s, type: u2be, contents: 4711}", "{id: %s, type: u4le, value: random}",
		"{id: %s, size: 3, any: true}", "{id: %s, type: u4le, value: client}",
		"{id: %s, type: u8be, value: connection}", "{id: %s, type: u4be, value: sequence}",
		"{id: %s, type: u2le, value: sequence, counts: packets}",
	}
	length := fmt.Sprintf("{id: length, type: %s, counts: %s, plus: %d}",
		one([]string{"u2le", "u3be", "u4le", "u8be", "digits, size: 6", "hex, size: 5"}, "type"),
		one([]string{"body", "rest", "frame"}, "counts"), rapid.IntRange(0, 3).Draw(t, "plus"))
	head := slices.Concat(some(around, 2, "a"),
		[]string{length, "{id: rand, type: u1, value: random}"}, some(around, 1, "b"))
	head = append(head, one([]string{
		"{id: sum, type: u1, value: sum8(body)}", "{id: sum, type: u4le, value: crc32(body)}",
		"{id: sum, size: 1, fill: 0}", "{id: sum, type: u2be, value: crc16(body), over: ciphered}",
	}, "sum"))
	process := one([]string{"", "process: {netchain: {key: 77, random: rand, from: FROM}}\n",
		"process: {xor: {key: [9, 8, 7], from: FROM}}\n"}, "process")
	from := "body"
	if !strings.Contains(head[len(head)-1], "ciphered") {
		from = one([]string{"sum", "body"}, "from")
	} else if process == "" {
		head = head[:len(head)-1]
	}
	fields := slices.Concat(head, []string{"{id: body}"}, some(around, 1, "c"))
	text := "frame: [" + strings.Join(fields, ", ") + "]\n" + strings.ReplaceAll(process, "FROM", from)
	carried := "{id: r0, type: u4le, value: client}, {id: r1, type: u8be, value: connection}, " +
		"{id: r2, type: u4be, value: sequence}"
	payload := one([]string{"{id: payload}", "{id: payload, first: 8}", "{id: payload, first: 20}"}, "payload")
	answer := slices.Concat(some(around, 2, "d"), []string{payload}, some(around, 2, "e"))
	text += "request: {body: [" + carried + ", {id: payload}]}\nanswer: {body: [" + strings.Join(answer, ", ") + "]}\n"
	f, err := frame.Parse("generated", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return f
}

// anyFormat is one of all formats, or a generated one.
func anyFormat(t *rapid.T) *frame.Format {
	if rapid.Bool().Draw(t, "generated") {
		return generated(t)
	}
	return rapid.SampledFrom(all).Draw(t, "format")
}

// TestGeneratedFrames: whatever the frame, right streams are not accused and no damage is missed, wherever
// the network cuts.
func TestGeneratedFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := generated(t)
		p := NewPattern(rapid.Uint64().Draw(t, "seed"), f, 8, 40)
		const sent = 4
		whole := newRig(t, p, false)
		stream := whole.echoes(1, sent)
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(stream)), 0, 10).Draw(t, "cuts")
		slices.Sort(cuts)
		g := newRig(t, p, false)
		g.hear(sent, stream, cuts...)
		g.settle()
		g.st.Closing(g.upTo(sent))
		if len(g.r.faults) != 0 || g.r.count("echoed") != sent || g.st.tail != nil {
			t.Fatalf("%s\n%q", f.Description(), g.r.story)
		}
		second := len(whole.echoes(1, 1))
		own := stream[second : second+len(whole.echoes(2, 2))]
		own[rapid.IntRange(0, len(own)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		right := whole.stillRight(2, own)
		g = newRig(t, p, false)
		whole.hear(sent, stream)
		g.hear(sent, stream, cuts...)
		for _, g := range []*rig{whole, g} {
			g.settle()
			g.st.Ended(g.upTo(sent))
		}
		if !slices.Equal(g.r.story, whole.r.story) || right != (len(g.r.faults) == 0) ||
			right != (g.r.state[2] == "echoed") {
			t.Fatalf("%s\nright %v\n%q\nwhole:\n%q", f.Description(), right, g.r.story, whole.r.story)
		}
	})
}
