package tui

import (
	"fmt"
	"strings"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// detail shows all that is known of one fault. It keeps the evidence: a reset does not change it.
type detail struct {
	e     monitor.Evidence
	trace string // the file that the server's trace goes to; empty when there is none
	steps table  // what both ends did
	bytes bool   // whether the bytes are shown, or the steps
}

// timelineNote is the name of the line that says what is missing in the timeline. It may take more
// lines than one.
const (
	timelineNote     = "timeline"
	timelineNoteMost = 3 // lines
)

// newDetail shows the bytes first where there are any.
func newDetail(e monitor.Evidence, trace string) *detail {
	d := &detail{e: e, trace: trace}
	d.steps = newTimeline(&d.e)
	d.bytes = len(e.Want)+len(e.Got) > 0 || len(e.Timeline) == 0
	return d
}

func (d *detail) draw(u *ui, c canvas) {
	note, h := "y copies  Esc closes", 24
	switch {
	case len(d.e.Timeline) == 0:
	case d.bytes:
		note = "Tab timeline  " + note
	default:
		note, h = "Tab bytes  "+note, c.h
	}
	in := u.window(c, 80, h, d.e.Fault.Label(), note)
	y := 0
	for _, l := range d.lines() {
		x := in.text(1, y, u.look.dim, l[0])
		parts := []string{l[1]}
		if l[0] == timelineNote {
			parts = in.wrap(l[1], in.w-15)
			parts = parts[:min(len(parts), timelineNoteMost)]
		}
		for _, part := range parts {
			in.fit(max(x+1, 14), y, in.w-15, u.look.text, part)
			y++
		}
	}
	y++
	if !d.bytes {
		d.drawTimeline(u, in.sub(0, y, in.w, in.h-y))
		return
	}
	if len(d.e.Want)+len(d.e.Got) == 0 {
		in.text(1, y, u.look.dim, "no bytes belong to this fault")
		return
	}
	start := d.e.Start()
	y = u.drawHex(in, y, "expected", d.e.Want, d.e.Got, start)
	u.drawHex(in, y, "received", d.e.Got, d.e.Want, start)
}

// lines are what is known: names and values.
func (d *detail) lines() [][2]string {
	e := &d.e
	at := clock(e.At) + fmt.Sprintf(".%03d", int64(e.At)/1e6%1000)
	lines := [][2]string{
		{"meaning", e.Fault.Help()},
		{"time", at + " since the fleet began"},
		{"dummy", fmt.Sprintf("%s, its connection %d", count(e.Client), e.Connection)},
		{"address", e.Local},
	}
	switch {
	case e.Seq > 0 && e.Count > 1:
		lines = append(lines, [2]string{"sequence", fmt.Sprintf("%s to %s: %s", count(e.Seq),
			count(e.Seq+e.Count-1), plural(e.Count, "echo", "echoes"))})
	case e.Seq > 0:
		lines = append(lines, [2]string{"sequence", count(e.Seq)})
	}
	if e.Age > 0 {
		lines = append(lines, [2]string{"age", took(e.Age) + " when the fault was seen"})
	}
	if e.OwnerConnection > 0 {
		lines = append(lines, [2]string{"owner", fmt.Sprintf("dummy %s, connection %d, sequence %s",
			count(e.OwnerClient), e.OwnerConnection, count(e.OwnerSeq))})
	}
	if e.Note != "" {
		lines = append(lines, [2]string{"note", e.Note})
	}
	if e.TimelineNote != "" {
		lines = append(lines, [2]string{timelineNote, e.TimelineNote})
	}
	if d.trace != "" {
		lines = append(lines, [2]string{"server trace", d.trace})
	}
	return lines
}

// How many bytes stand on one line, and from which column on.
const (
	hexColumns = 16
	hexAt      = 10
)

// drawHex draws bytes. Those that differ from other have a colour, and the first of them a caret
// below it. It returns the line after them.
func (u *ui) drawHex(c canvas, y int, name string, data, other []byte, start int) int {
	c.text(1, y, u.look.title, name)
	if len(data) == 0 {
		c.text(14, y, u.look.dim, "nothing")
		return y + 1
	}
	marked := false
	for from := 0; from < len(data); from += hexColumns {
		c.right(8, y+1, u.look.dim, fmt.Sprint(start+from))
		wrong := -1
		for i := from; i < min(from+hexColumns, len(data)); i++ {
			style := u.look.text
			if i >= len(other) || data[i] != other[i] {
				style = u.look.bad
				if wrong < 0 {
					wrong = i - from
				}
			}
			c.text(hexAt+3*(i-from), y+1, style, fmt.Sprintf("%02x", data[i]))
			c.text(hexAt+3*hexColumns+i-from, y+1, style, printable(data[i]))
		}
		y++
		if wrong >= 0 && !marked {
			marked = true
			c.text(hexAt+3*wrong, y+1, u.look.bad, "^^ first wrong byte")
			y++
		}
	}
	return y + 1
}

func printable(b byte) string {
	if b < ' ' || b > '~' {
		return "."
	}
	return string(rune(b))
}

func (d *detail) press(u *ui, event *tcell.EventKey) {
	switch {
	case isBack(event), event.Key() == tcell.KeyEnter:
		u.front = nil
	case event.Key() == tcell.KeyRune && event.Rune() == 'y':
		u.screen.SetClipboard([]byte(d.text()))
		u.say("evidence copied, if the terminal allows it (OSC 52)")
	case event.Key() == tcell.KeyTab:
		d.bytes = !d.bytes || len(d.e.Timeline) == 0
	case !d.bytes:
		d.steps.move(event)
	}
}

// text is the evidence for the clipboard.
func (d *detail) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, d.e.Fault.Label())
	for _, l := range d.lines() {
		fmt.Fprintf(&b, "%s: %s\n", l[0], monitor.Clean(l[1]))
	}
	fmt.Fprintf(&b, "expected: %x\nreceived: %x\n", d.e.Want, d.e.Got)
	b.WriteString(timelineText(&d.e))
	return b.String()
}
