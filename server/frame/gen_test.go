package frame

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// described makes descriptions, of which every one can be.
type described struct {
	*rapid.T
	frame, request, answer []string
	givenTo                []string // ids of the frame's fields that messages give
	sums                   bool
	next                   int
}

func (d *described) one(of ...string) string { return rapid.SampledFrom(of).Draw(d.T, "one") }
func (d *described) yes() bool               { return rapid.Bool().Draw(d.T, "yes") }
func (d *described) upTo(n int) int          { return rapid.IntRange(0, n).Draw(d.T, "n") }
func (d *described) id() string              { d.next++; return fmt.Sprintf("f%d", d.next) }

// drawDescription makes the text of one.
func drawDescription(t *rapid.T) string {
	d := &described{T: t}
	var b strings.Builder
	process := ""
	if d.upTo(3) == 0 {
		d.text()
	} else {
		process = d.binary()
	}
	fmt.Fprintf(&b, "frame:\n")
	for _, f := range d.frame {
		fmt.Fprintf(&b, "  - {%s}\n", f)
	}
	fmt.Fprintf(&b, "%srequest: %s\nanswer: %s\n", process, d.message(d.request), d.message(d.answer))
	return b.String()
}

// message has a value for each field of the frame that needs one.
func (d *described) message(body []string) string {
	s := "{"
	for _, id := range d.givenTo {
		s += fmt.Sprintf("%s: %s, ", id, d.one("7", "200", "0", "any"))
	}
	return s + "body: [{" + strings.Join(body, "}, {") + "}]}"
}

// text ends frames by a terminator.
func (d *described) text() {
	plain := func() string {
		switch d.upTo(4) {
		case 4:
			return "type: " + d.one("hex, size: 4", "digits, size: 6") + ", value: random"
		case 0:
			return fmt.Sprintf("contents: %q", d.one("ok", "a b ", "X:", "99"))
		case 1:
			return "type: hex, size: 16, value: client"
		case 2:
			return fmt.Sprintf("type: digits, size: %d, pad: %q, value: sequence", 1+d.upTo(19), d.one(" ", "0"))
		}
		id := d.id()
		return fmt.Sprintf("id: %s, contents: \"abc\"}, {type: hex, size: 8, value: \"crc32(%s)\"", id, id)
	}
	end := d.one(`"\n"`, `"\r\n"`, "[0]", `"\r\n\r\n"`, `"|"`, `"##"`, `"\n\n\n"`, "[255, 255, 255, 254]")
	if d.yes() {
		d.frame = append(d.frame, `contents: ">"`)
	}
	d.frame = append(d.frame, "id: body, terminator: "+end)
	d.bodies(plain)
}

// bodies surrounds the payload with some fields.
func (d *described) bodies(plain func() string) {
	around := func() (body []string) {
		for range d.upTo(2) {
			body = append(body, plain())
		}
		return body
	}
	d.request = append(append(around(), "id: payload"), around()...)
	answer := append(append(around(), d.one("id: payload", "id: payload, first: 8", "id: payload, first: 40")),
		around()...)
	answer = append(answer, d.one(d.request...)) // perhaps a value that the request carries
	d.answer = slices.DeleteFunc(answer, func(f string) bool {
		value := strings.Contains(f, "value: client") || strings.Contains(f, "value: sequence") ||
			strings.Contains(f, "value: connection")
		return value && !slices.Contains(d.request, f)
	})
	if i := slices.IndexFunc(d.answer, func(f string) bool {
		return strings.HasPrefix(f,
			"id: payload")
	}); i < len(d.answer)-1 {
		d.answer = append(d.answer[:i+1], slices.DeleteFunc(d.answer[i+1:],
			func(f string) bool { return strings.HasPrefix(f, "id:") })...)
	}
}

// binary counts bytes.
func (d *described) binary() (process string) {
	var before, ids, random []string // of the fields before the body
	field := func() string {
		id := d.id()
		s := ""
		switch d.upTo(5) {
		case 0:
			s = fmt.Sprintf("contents: [%d, %d]", d.upTo(255), d.upTo(255))
		case 1:
			random = append(random, id)
			s = "type: u1, value: random"
		case 2:
			d.givenTo = append(d.givenTo, id)
			s = "type: " + d.one("u1", "u2le", "u2be", "u3le", "u8be")
		case 3:
			s = "type: " + d.one("u4le", "u3be", "u8le") + ", value: sequence, counts: packets"
		case 4:
			s = fmt.Sprintf("type: digits, size: 3, contents: %d", d.upTo(999))
		default:
			s = "size: 3, fill: 9"
		}
		ids = append(ids, id)
		return "id: " + id + ", " + s
	}
	for range d.upTo(2) {
		before = append(before, field())
	}
	before = append(before, fmt.Sprintf("id: length, type: %s, counts: %s, plus: %d",
		d.one("u1", "u2le", "u2be", "u3le", "u3be", "u4le", "u4be", "u8le", "u8be", "digits, size: 4",
			`digits, size: 7, pad: " "`, "hex, size: 5"),
		d.one("body", "rest", "frame"), d.upTo(6)-3))
	ids = append(ids, "length")
	after := len(before) // a cipher may begin here
	randomAt := slices.Clone(random)
	for range d.upTo(3) {
		before = append(before, field())
	}
	from := after + d.upTo(len(before)-after)
	fromID := "body"
	if from < len(before) {
		fromID, _, _ = strings.Cut(strings.TrimPrefix(before[from], "id: "), ",")
	}
	for _, f := range before[after:from] {
		if strings.HasSuffix(f, "value: random") {
			randomAt = append(randomAt, strings.TrimPrefix(strings.Split(f, ",")[0], "id: "))
		}
	}
	switch d.upTo(2) {
	case 0:
		process = fmt.Sprintf("process: {xor: {key: [%d, %d, 77], from: %s}}\n", d.upTo(255), d.upTo(255), fromID)
	case 1:
		if len(randomAt) > 0 {
			process = fmt.Sprintf("process: {netchain: {key: %d, random: %s, from: %s}}\n", d.upTo(255),
				randomAt[0], fromID)
		}
	}
	d.frame = d.withSums(before, ids, from, process != "")
	d.frame = append(d.frame, "id: body")
	for range d.upTo(2) {
		d.frame = append(d.frame, field())
	}
	if d.yes() {
		d.sums = true
		d.frame = append(d.frame, d.sum("body, length"))
	}
	d.bodies(d.bodyField)
	return process
}

// withSums puts a checksum before the place from which the cipher changes, or at the end.
func (d *described) withSums(before, ids []string, from int, ciphered bool) []string {
	if !d.yes() {
		return before
	}
	d.sums = true
	over := d.one(append(ids, "body", "body, "+ids[0])...)
	if s := d.sum(over); ciphered && d.yes() {
		return slices.Insert(before, from, s+", over: ciphered")
	} else {
		return append(before, s)
	}
}

func (d *described) sum(over string) string {
	how := d.one("u1, value: \"sum8", "u1, value: \"xor8", "u2be, value: \"crc16", "u4le, value: \"crc32",
		"u4be, value: \"adler32",
		"hex, size: 8, value: \"crc32", "hex, size: 2, value: \"sum8")
	return fmt.Sprintf("id: %s, type: %s(%s)\"", d.id(), how, over)
}

// bodyField is one beside the payload.
func (d *described) bodyField() string {
	switch d.upTo(5) {
	case 0:
		return "type: hex, size: 16, value: client"
	case 1:
		return "type: " + d.one("u1", "u4be", "u8le") + ", value: sequence"
	case 2:
		return "type: u2be, value: random"
	case 3:
		return "size: 4, any: true"
	case 4:
		if !d.sums {
			id := d.id()
			return fmt.Sprintf("id: %s, type: u2le, value: connection}, {%s", id, d.sum(id))
		}
	}
	return "type: u2le, contents: 5000"
}
