// Package tui is the terminal: one screen over the fleet's verbs and the monitor's snapshots. It
// shows nothing that a View does not say and does nothing that a Control cannot do.
//
//	keys, mouse ──► ui ──► dummy.Control          verbs down
//	screen ◄── ui ◄── pump ◄── Options.Latest     snapshots up, five times a second
//
// All state belongs to ui, and ui belongs to the goroutine of tview's event loop. The pump is
// the only other one: it hands over the latest snapshot and the order to stop (see pump.go).
//
// What gives the terminal back when all of this has crashed is in rescue.go, for another process.
//
// Drawing goes through canvas, and all text through canvas.text: it cleans what could reach the
// terminal as an escape sequence, knows wide characters, and never interprets [tags]. Every pane
// is one function in a file of its own; root.go places them by its own rectangle.
package tui
