// Package tui is the terminal: one screen over the fleet's verbs and the monitor's views. It shows
// nothing that a monitor.View does not say and does nothing that a dummy.Control cannot do.
//
//	keys, mouse ──► ui ──► dummy.Control          verbs down
//	screen ◄── ui ◄── pump ◄── Options.Latest     views up, five times a second
//
// All state belongs to ui, and ui belongs to the goroutine of tview's event loop. The pump is
// the only other goroutine: it hands over the latest view and the order to stop (pump.go).
//
// When all of this has crashed, another process gives the terminal back (rescue.go).
//
// Drawing goes through canvas, and all text through canvas.text: it cleans what could reach the
// terminal as an escape sequence, knows wide characters, and never interprets [tags]. Each pane
// is one function (pane_*.go), and so is each page (*_page.go); main_page.go places the panes.
package tui
