package frame

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a dump: columns of a line, and bytes that are shown of a field.
const (
	dumpColumns = 96
	dumpBytes   = 8
)

// Dump shows a message byte by byte, in hex as it travels, with the names of the fields under them. Of
// a long field the first eight bytes are shown. Under the bytes of a ciphered frame stand the plain
// ones, and under those of text the text.
func (m *Message) Dump(v *Values, payload []byte) string {
	payload = payload[:m.Carries(len(payload))]
	whole := m.End(append(m.Begin(nil, v, len(payload)), payload...), 0, v)
	plain := m.Open(nil, new(Cursor), whole, 0)
	d := dump{rows: []string{"", ""}}
	switch {
	case m.cipher != nil:
		d.rows, d.shows = []string{"sent", "plain", ""}, hexBytes
	case m.text:
		d.rows, d.shows = []string{"bytes", "text", ""}, quoted
	}
	d.begin()
	for i := range m.head {
		s := &m.head[i]
		d.add(whole, plain, s.off, s.size, s.called())
	}
	if m.hole {
		d.add(whole, plain, m.headSize, len(payload), "payload")
	}
	if m.rest {
		d.put(slices.Repeat([]string{"…"}, len(d.rows)-1), "any bytes")
	}
	for i := range m.tail {
		s := &m.tail[i]
		d.add(whole, plain, len(whole)-m.tailSize+s.off, s.size, s.called())
	}
	d.flush()
	return d.out.String()
}

// dump is lines in the making: a row of bytes, perhaps a second one of what they mean, and a row of names.
type dump struct {
	out   strings.Builder
	rows  []string // what they are called
	lines []strings.Builder
	shows func(b []byte) string // of the second row; nil where there is none
	width int                   // of what is in lines
	empty bool
}

func (d *dump) begin() {
	d.lines = make([]strings.Builder, len(d.rows))
	d.width, d.empty = 0, true
	if d.shows != nil {
		d.width = 7
		for i := range d.lines {
			fmt.Fprintf(&d.lines[i], "%-*s", d.width, d.rows[i])
		}
	}
}

// flush ends the lines.
func (d *dump) flush() {
	if d.empty {
		return
	}
	for i := range d.lines {
		fmt.Fprintln(&d.out, strings.TrimRight(d.lines[i].String(), " "))
	}
	d.begin()
}

// add shows one field.
func (d *dump) add(whole, plain []byte, at, size int, name string) {
	if size == 0 {
		return
	}
	to, more := at+size, ""
	if size > dumpBytes {
		to, more = at+dumpBytes, " …"
		name += fmt.Sprintf(" (%d bytes)", size)
	}
	cells := []string{hexBytes(whole[at:to]) + more}
	if d.shows != nil {
		cells = append(cells, d.shows(plain[at:to])+more)
	}
	d.put(cells, name)
}

// put shows what stands under each other.
func (d *dump) put(cells []string, name string) {
	cells = append(cells, name)
	width := 0
	for _, c := range cells {
		width = max(width, utf8.RuneCountInString(c)+2)
	}
	if d.width+width > dumpColumns {
		d.flush()
	}
	for i, c := range cells {
		fmt.Fprintf(&d.lines[i], "%-*s", width, c)
	}
	d.width += width
	d.empty = false
}

func hexBytes(b []byte) string { return fmt.Sprintf("% x", b) }
func quoted(b []byte) string   { return fmt.Sprintf("%q", b) }
