package tui

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"time"

	"dummyload/dummy"
	"dummyload/monitor"
)

func (u *ui) phase() monitor.Phase {
	if u.latest == nil {
		return monitor.Connecting
	}
	return u.latest.Phase
}

func (u *ui) toggleEcho() {
	if u.phase() == monitor.Echoing {
		u.stop()
	} else {
		u.start()
	}
}

func (u *ui) start() {
	_, err := u.o.Control.Start(0)
	u.showResult(err, "Echo START given")
}

func (u *ui) stop() {
	_, err := u.o.Control.Stop()
	u.showResult(err, "Echo STOP given")
}

// load is what the fleet was last asked for: what the newest view says, and what was asked
// since.
func (u *ui) load() dummy.Tuning {
	load := dummy.Tuning{}
	if u.latest != nil {
		load = dummy.InForce(u.latest)
	}
	if u.isAsking() {
		maps.Copy(load, u.asked)
	}
	return load
}

// tune asks for another load, and remembers it until a view confirms it: a key that is pressed
// five times in a row must count five times.
func (u *ui) tune(t dummy.Tuning, text string) {
	ticket, err := u.o.Control.Tune(t)
	u.showResult(err, text)
	if err != nil {
		return
	}
	if !u.isAsking() {
		u.asked = dummy.Tuning{}
	}
	maps.Copy(u.asked, t)
	u.askedAs = ticket
}

// isAsking reports whether a change of the load was asked for that no view confirms yet.
func (u *ui) isAsking() bool {
	return u.askedAs > 0 && (u.latest == nil || !u.latest.Confirms(u.askedAs))
}

// toggleChurn switches the Disconnect Test. Where the run began without --churn, it closes a tenth
// of the connections each second.
func (u *ui) toggleChurn() {
	load := u.load()
	wanted, text := 0.0, "Disconnect Test off"
	if load[dummy.Churn] == 0 {
		if wanted = u.churn; wanted == 0 {
			wanted = max(math.Floor(load[dummy.Clients]/10), 1)
		}
		text = fmt.Sprintf("Disconnect Test on: %s connections a second", monitor.Short(wanted))
	}
	u.tune(dummy.Tuning{dummy.Churn: wanted}, text)
}

func (u *ui) changeClients(more bool) {
	wanted := nextCount(int(u.load()[dummy.Clients]), more, dummy.MaxClients)
	u.tune(dummy.Tuning{dummy.Clients: float64(wanted)}, count(wanted)+" dummies wanted")
}

func (u *ui) changeOverSend(more bool) {
	wanted := nextCount(int(u.load()[dummy.OverSend]), more, dummy.MaxOverSend)
	u.tune(dummy.Tuning{dummy.OverSend: float64(wanted)}, "Over Send "+count(wanted))
}

// nextCount is the next count: a tenth more or less, in round numbers, from 1 to limit.
func nextCount(n int, more bool, limit int) int {
	by := 1
	if n >= 20 {
		by = int(roundDown(float64(n) / 10))
	}
	if !more {
		by = -by
	}
	return min(max(n+by, 1), limit)
}

// askClose asks how many connections to close.
func (u *ui) askClose() {
	clients := int(u.load()[dummy.Clients])
	u.prompt("Close how many connections? ", strconv.Itoa(max(clients/10, 1)), isDigit,
		func(text string) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > dummy.MaxClients {
				u.showResult(fmt.Errorf("%q is not a number from 1 to %d", text, dummy.MaxClients), "")
				return
			}
			_, err = u.o.Control.Disconnect(n, dummy.CloseFIN)
			u.showResult(err, "closing "+plural(n, "connection", "connections"))
		})
}

func (u *ui) askDisconnectAll() {
	u.front = &ask{"Disconnect all dummies? They reconnect.", func(u *ui) {
		_, err := u.o.Control.Disconnect(0, dummy.CloseFIN)
		u.showResult(err, "closing all connections")
	}}
}

func (u *ui) askReset() {
	u.front = &ask{"Set all counters, histograms and faults back to zero?", func(u *ui) {
		_, err := u.o.Control.Reset()
		u.showResult(err, "counters are reset")
	}}
}

// askQuit quits, or asks first while echoes are under way.
func (u *ui) askQuit(keep bool) {
	u.keep = keep
	if u.leaving || !echoOn(u.phase()) {
		u.quit()
		return
	}
	u.front = &ask{"Echo runs. STOP, wait for the drain, then quit?", (*ui).interrupt}
}

// writeReport writes the summary to the current directory.
func (u *ui) writeReport() {
	path := "dummyload-" + u.now().Format("20060102-150405") + ".json"
	u.showResult(u.o.Report(path), "report written: "+path)
}

func (u *ui) copyScreen() {
	u.screen.SetClipboard([]byte(screenText(u.screen)))
	u.say("screen copied, if the terminal allows it (OSC 52)")
}

func (u *ui) toggleMouse() {
	u.mouse = !u.mouse
	u.app.EnableMouse(u.mouse)
	u.say("mouse " + onOff(u.mouse))
}

func (u *ui) nextTheme() {
	u.setTheme(u.theme + 1)
	u.say("theme " + u.look.name)
}

func (u *ui) toggleFreeze() {
	u.frozen = !u.frozen
	u.observe(u.latest)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// stale is how long there has been no view; 0 while they come in time.
func (u *ui) stale() time.Duration {
	if u.latest == nil {
		return 0
	}
	if d := u.now().Sub(u.latest.At); d > 8*monitor.SampleInterval {
		return d
	}
	return 0
}
