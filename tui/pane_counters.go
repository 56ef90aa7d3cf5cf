package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"dummyload/monitor"
)

// korean are the words that stand beside the names of counters. The names stay: users know them.
var korean = map[string]string{
	"Wait Echo Count":         "미응답",
	"Connected now/wanted":    "접속",
	"Connect try/ok/fail":     "시도/성공/실패",
	"Connect Total":           "누적",
	"Hostile connect/refused": "적대 더미",
	"Echo sent":               "보낸 에코",
	"Echo recv":               "받은 에코",
	"Abandoned / lost":        "포기/유실",
	"RTT p50/p99/max":         "응답 시간",
	"Max Latency ms":          "최대 지연",
	"Bytes sent":              "보낸 바이트",
	"Bytes recv":              "받은 바이트",
	"Silent dummies":          "무응답 더미",
	"Connect time p50/p99":    "접속 시간",
	"Sessions":                "세션",
	"Workers":                 "작업 스레드",
	"Released":                "해제",
	"Released twice":          "이중 해제",
}

// line is one name and one value of a pane.
type line struct {
	name, value string
	style       tcell.Style
}

// metric is a line with one number of the table of metrics: its label there, and its unit.
func metric(s *monitor.View, name string, style tcell.Style) line {
	m, ok := monitor.MetricByName(name)
	if !ok {
		panic("tui: no metric is called " + name)
	}
	value := m.Get(s)
	if m.Unit == monitor.ByteCount {
		return line{m.Label, size(uint64(value)), style}
	}
	return line{m.Label, m.Unit.Format(value), style}
}

// drawLines writes as many lines as there is room for.
func (u *ui) drawLines(c canvas, lines []line) {
	for y, l := range lines[:min(len(lines), c.h)] {
		name := l.name
		if ko := korean[name]; u.korean && ko != "" {
			if with := name + " (" + ko + ")"; c.width(with)+c.width(l.value)+3 <= c.w {
				name = with
			}
		}
		c.row(y, name, l.value, l.style)
	}
}

// drawCounters draws the counters; after STOP it draws the drain.
func (u *ui) drawCounters(c canvas) {
	s := u.shown
	if s == nil {
		u.frame(c, "counters", "Counters", "")
		return
	}
	note := sinceReset(s)
	if u.seedLeftOut {
		both := strings.TrimSpace(seed(s) + "  " + note)
		if note == "" || c.width("  Counters    "+both) < c.w {
			note = both
		}
	}
	switch s.Phase {
	case monitor.Draining, monitor.Drained, monitor.Undrained:
		u.drawDrain(u.frame(c, "counters", "Drain", note), s)
	default:
		u.drawLines(u.frame(c, "counters", "Counters", note), u.counters(s))
	}
}

func (u *ui) counters(s *monitor.View) []line {
	t := u.look.text
	cn := s.Connections
	now := t
	if cn.Now < uint64(s.Clients) {
		now = u.look.warn
	}
	lines := []line{
		metric(s, "wait_echo_count", u.look.title),
		{"Connected now/wanted", count(cn.Now) + " / " + count(s.Clients), now},
		{"Connect try/ok/fail", fmt.Sprintf("%s / %s / %s", count(cn.Attempted),
			count(cn.Connected), count(cn.Failed)), u.unlessZero(cn.Failed)},
		u.totals(s),
	}
	if h := s.Hostile; h != nil {
		lines = append(lines, line{"Hostile connect/refused",
			count(h.Connected) + " / " + count(h.ClosedByServer), t})
	}
	lines = append(lines, []line{
		metric(s, "echoes_sent", t),
		metric(s, "echoes_received", t),
		{"Abandoned / lost", count(s.Ledger.Abandoned) + " / " + count(s.Ledger.Lost),
			u.unlessZero(s.Ledger.Lost)},
		{"RTT p50/p99/max", times(s.RTT.Count, s.RTT.P50, s.RTT.P99, s.RTT.Max), t},
	}...)
	return append(lines,
		line{"RTT p99.9/p99.99", times(s.RTT.Count, s.RTT.P999, s.RTT.P9999), t},
		line{"Max Latency ms", fmt.Sprintf("%.3f", s.RTT.Max/1e3), t},
		line{"Connect time p50/p99", times(s.ConnectTime.Count, s.ConnectTime.P50,
			s.ConnectTime.P99), t},
		metric(s, "bytes_sent", t),
		metric(s, "bytes_received", t),
		line{"Silent dummies", count(s.Fairness.Silent), u.unlessZero(s.Fairness.Silent)})
}

// totals compares the connections that were made, also those of hostile dummies, with those that
// the bundled server accepted. Where the server has fewer, some still wait to be accepted.
func (u *ui) totals(s *monitor.View) line {
	total, server := s.Connects(), s.ServerSince()
	if server == nil {
		return line{"Connect Total", count(total), u.look.text}
	}
	if server.Accepted == total {
		return line{"Connect Total = Accept Total", count(total), u.look.text}
	}
	style := u.look.text
	if server.Accepted < total {
		style = u.look.warn
	}
	return line{"Connect / Accept Total", count(total) + " / " + count(server.Accepted), style}
}

// sinceReset says since when a pane's numbers count. It is empty before the first reset.
func sinceReset(s *monitor.View) string {
	if s.Before == nil {
		return ""
	}
	return "since " + s.Before.At.Format(time.TimeOnly)
}

func (u *ui) unlessZero(n uint64) tcell.Style {
	if n == 0 {
		return u.look.text
	}
	return u.look.bad
}

// times writes durations in µs that belong together. Where n, their count, is 0, it writes "-".
func times(n uint64, us ...float64) string {
	if n == 0 {
		return "-"
	}
	text := ""
	for i, v := range us {
		if i > 0 {
			text += " / "
		}
		text += monitor.Micros(v)
	}
	return text
}
