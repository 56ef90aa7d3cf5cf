package tui

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
)

// Terminal is how the terminal was set before a screen took it. The rescuer keeps it, and gives the
// terminal back where the screen's process could not.
type Terminal struct {
	tty   *os.File // nil where its settings cannot be read
	state *term.State
}

// SaveTerminal notes how this process's terminal is set now.
func SaveTerminal() Terminal {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$" // the console's input
	}
	tty, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return Terminal{}
	}
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		_ = tty.Close() // the terminal is given back without its settings
		return Terminal{}
	}
	return Terminal{tty, state}
}

// giveBack leaves the alternate screen, shows the cursor, and ends all that a screen switches on
// (mouse, paste, keypad, key codes, colours). It ends on an empty last line: who leaves the
// alternate screen a second time finds the cursor anywhere.
const giveBack = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l" +
	"\x1b[?9001l\x1b[>4;0m\x1b[?1l\x1b>\x1b[?7h\x1b[0m\x1b[?1049l\x1b[?25h\x1b[999;1H\r\n"

// Restore sets the terminal as it was; out writes to it.
func (t Terminal) Restore(out io.Writer) {
	if t.tty != nil {
		_ = term.Restore(int(t.tty.Fd()), t.state) // the rest is worth having without it
	}
	_, _ = io.WriteString(out, giveBack) // a terminal that is gone needs nothing
}
