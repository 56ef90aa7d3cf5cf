package main

import (
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCellsAreReadAsTheyAreWritten(t *testing.T) {
	for _, s := range []string{"100:32:1", "1000:1024:16", "19900:65535:4096:10000000"} {
		c, err := parseCell(s)
		if err != nil || c.String() != s {
			t.Errorf("%s: %v, %v", s, c, err)
		}
	}
	for _, s := range []string{"", "100:32", "0:32:1", "100:7:1", "100:32:x", "20000:32:1",
		"1:8:1:0", "1:8:1:1:1"} {
		if c, err := parseCell(s); err == nil {
			t.Errorf("%q was taken for %v", s, c)
		}
	}
}

func TestRatioIsOfMediansAndItsSpreadOfRounds(t *testing.T) {
	rounds := func(v ...float64) *result {
		r := &result{}
		for i, f := range v {
			r.Rounds = append(r.Rounds, figures{Round: i, ServerCPU: f})
		}
		return r
	}
	got := ratioOf(rounds(4, 1, 2), rounds(1, 2, 4), serverCPU)
	if want := (ratio{of: 1, least: 0.5, most: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	late := rounds(1, 2)
	late.Rounds = late.Rounds[1:] // its first round failed
	if got := ratioOf(rounds(8, 3), late, serverCPU); got.least != 1.5 || got.most != 1.5 {
		t.Errorf("rounds that do not belong together were compared: %v", got)
	}
	if m := rounds(1, 4, 2, 3).median(serverCPU); m != 2.5 {
		t.Errorf("median of an even number of rounds: %v", m)
	}
}

func TestHistogramIsRightWithinASlot(t *testing.T) {
	var h histogram
	for v := range uint64(100_000) {
		h.record(v)
		if s := slotOf(v); slotStart(s) > v || slotStart(s+1) <= v {
			t.Fatalf("%d is not in slot %d, which begins at %d", v, s, slotStart(s))
		}
	}
	for i, q := range h.quantiles(.5, .99, 1) {
		want := []float64{50_000, 99_000, 100_000}[i]
		if math.Abs(float64(q)/want-1) > 1.0/subSlots {
			t.Errorf("quantile %d: %d, want %v", i, q, want)
		}
	}
	h.record(math.MaxUint64)
	h.reset()
	if q := h.quantiles(.5, .9); !slices.Equal(q, []uint64{0, 0}) {
		t.Errorf("of nothing: %v", q)
	}
}

func TestEveryBarIsAboutProgramsThereAre(t *testing.T) {
	rooms := map[string][]string{serverTable: names(servers), clientTable: names(clients)}
	for _, b := range bars {
		for _, name := range []string{b.subject, b.other} {
			if !slices.Contains(rooms[b.table], name) {
				t.Errorf("%s of %s: there is no %q", b.what, b.table, name)
			}
		}
		mustCells(b.cells)
	}
	low := bar{limit: 1.1}
	high := bar{limit: 8, atLeast: true}
	if !low.met(ratio{of: 1.1}) || low.met(ratio{of: 1.2}) ||
		!high.met(ratio{of: 8}) || high.met(ratio{of: 7}) {
		t.Error("a bar is judged on the wrong side")
	}
}

func TestPickNamesWhatThereIs(t *testing.T) {
	got, err := pick("servers", servers, cEpoll+","+goNet)
	if err != nil || len(got) != 2 || got[0].name != cEpoll || got[1].name != goNet {
		t.Errorf("%v, %v", got, err)
	}
	_, err = pick("servers", servers, "nginx")
	if err == nil || !strings.Contains(err.Error(), cUring) {
		t.Errorf("an unknown server: %v", err)
	}
	if got, err := pick("servers", servers, ""); err != nil || len(got) != 0 {
		t.Errorf("none: %v, %v", got, err)
	}
}

func TestEndLine(t *testing.T) {
	f, err := parseEnd("end 2000 500000000 1000 2000 3000 4000", consumption{server: 1, client: 0.5})
	want := figures{EchoesPerSecond: 4000, ServerCPU: 250, ClientCPU: 125,
		P50: 1, P90: 2, P99: 3, P999: 4}
	if err != nil || f != want {
		t.Errorf("%+v, %v; want %+v", f, err, want)
	}
	for _, line := range []string{"end", "end 0 1 0 0 0 0", "end x"} {
		if _, err := parseEnd(line, consumption{}); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
}

func TestCurveStaysWithinTheMachine(t *testing.T) {
	usual, all := curveCells(false), curveCells(true)
	if len(usual) >= len(all) || len(usual) < 10 {
		t.Errorf("%d cells of %d", len(usual), len(all))
	}
	for _, c := range all {
		if _, err := parseCell(c.String()); err != nil || c.inFlight() > mostInFlight {
			t.Errorf("%v: %d bytes in flight, %v", c, c.inFlight(), err)
		}
	}
}

func TestOpenLoopTakesItsRateFromTheClosedOne(t *testing.T) {
	b := testBench(t)
	plans := b.curvePlans(find(clients, dummies))
	closed, open := plans[0], plans[1]
	b.settleRates(&open)
	if len(open.rows) != 0 {
		t.Errorf("rates of nothing: %+v", open.rows)
	}
	b.results = []*result{{Table: curveTable, Name: closedLoop, Cell: closed.rows[0].cell,
		Rounds: []figures{{EchoesPerSecond: 1000}}}}
	open = plans[1]
	b.settleRates(&open)
	for i, percent := range openPercents {
		if got := open.rows[i].cell.Rate; got != 10*percent {
			t.Errorf("%d %% of 1000: %d", percent, got)
		}
	}
}

func TestRowsThatFailedAreAnError(t *testing.T) {
	if err := failures([]*result{{Rounds: make([]figures, 1)}}); err != nil {
		t.Error(err)
	}
	err := failures([]*result{{Name: goNet}})
	if err == nil || !strings.Contains(err.Error(), goNet) {
		t.Errorf("a row without a measurement: %v", err)
	}
}

func testBench(t *testing.T) *bench {
	return &bench{ctx: t.Context(), options: &options{}, dir: t.TempDir()}
}

func TestChildIsReadWatchedAndEnded(t *testing.T) {
	c, err := testBench(t).start(-1, "/bin/sh", "-c", "echo ready; while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	if line, err := c.await(c.stdout, "ready", grace); err != nil || line != "ready" {
		t.Errorf("%q, %v", line, err)
	}
	w, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(grace); ; {
		if used, err := w.close(); err != nil || used.server > 0 && used.serverRSS > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a busy process used nothing")
		}
	}
	if err := c.stop(grace); err != nil {
		t.Errorf("ended as ordered: %v", err)
	}
}

func TestChildThatFailsIsTold(t *testing.T) {
	b := testBench(t)
	c, err := b.start(-1, "/bin/sh", "-c", "echo no luck >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.await(c.stdout, "ready", grace); err == nil {
		t.Error("nothing was said, and taken for it")
	}
	if err := c.wait(grace); err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("exit 3: %v", err)
	}
	err = b.make("sh", "-c", "echo wrong; exit 1")
	if err == nil || !strings.Contains(err.Error(), "wrong") {
		t.Errorf("a compiler that fails: %v", err)
	}
}

func TestGoEchoReturnsWhatItGets(t *testing.T) {
	near, far := net.Pipe()
	go echo(far)
	defer near.Close()
	got := make([]byte, 5)
	if _, err := near.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Read(got); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFramesAreComparedWithTheFirst(t *testing.T) {
	var o options
	err := o.parse([]string{"--frame", "len16", "--frame", "net:code=1,key=2", "--before", "/old", "--cells",
		"10:64:1,10:64:16"})
	if err != nil {
		t.Fatal(err)
	}
	all := framePlans(o.frames, o.cells, "/new", o.before)
	if len(all) != 2 {
		t.Fatalf("%d tables", len(all))
	}
	var got []string
	for _, r := range all[0].rows {
		got = append(got, r.name+" "+r.server.path+" "+r.client.path)
		for _, p := range []*program{r.server, r.client} {
			if i := slices.Index(p.flags, "--frame"); i < 0 || !strings.HasSuffix(r.name, p.flags[i+1]) {
				t.Errorf("%s runs %v", r.name, p.flags)
			}
		}
	}
	want := []string{"before, len16 /old /old", "len16 /new /new", "net:code=1,key=2 /new /new"}
	if !slices.Equal(got, want) || all[0].base != "before, len16" {
		t.Errorf("%q beside %s", got, all[0].base)
	}
	var b strings.Builder
	for i, r := range all[0].rows {
		f := figures{EchoesPerSecond: 1, ServerCPU: float64(1 + i), ClientCPU: 1}
		printRow(&b, &result{Table: frameTable, Name: r.name, Rounds: []figures{f}},
			&result{Table: frameTable, Rounds: []figures{{EchoesPerSecond: 1, ServerCPU: 1, ClientCPU: 1}}})
	}
	if s := b.String(); !strings.Contains(s, "2.00 (2.00–2.00)\t1.00 (1.00–1.00)\t1.50 (1.50–1.50)") {
		t.Error(s)
	}
	for _, bad := range [][]string{{"--frame", ""}, {"--before", "x"}, {"--frame", "raw", "--curve"}} {
		if err := new(options).parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
