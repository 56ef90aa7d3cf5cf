package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// The tables there are.
const (
	serverTable = "servers"
	clientTable = "generators"
	aloneTable  = "one process"
	curveTable  = "curve"
	frameTable  = "frames"
)

// plan is one table: pairs that are measured in turn, and the one that the others are compared
// with.
type plan struct {
	table string
	title string
	base  string
	rows  []row
}

// row is a pair under the name that it has in the table.
type row struct {
	name string
	pair
}

// result is a row's measurements, one a round.
type result struct {
	Table  string    `json:"table"`
	Name   string    `json:"name"`
	Cell   cell      `json:"cell"`
	Rounds []figures `json:"rounds"`
	Failed []string  `json:"failed,omitempty"`
}

// overSendCell is the users' known load, a hundred dummies with Over Send 200.
var overSendCell = cell{Connections: 100, Bytes: 8, Outstanding: 200}

// plans says what is measured with the programs at hand.
func (b *bench) plans(ss, cs []*program) ([]plan, error) {
	ours := b.build([]*program{find(clients, dummies)})
	if b.options.curve {
		if len(ours) == 0 || len(b.build([]*program{find(servers, oursUring)})) == 0 {
			return nil, errors.New("the curve is dummyload's, which cannot be built here")
		}
		return b.curvePlans(ours[0]), nil
	}
	if frames := b.options.frames; len(frames) > 0 {
		if len(ours) == 0 {
			return nil, errors.New("frames are dummyload's, which cannot be built here")
		}
		return framePlans(frames, b.options.cells, ours[0].path, b.options.before), nil
	}
	generator := firstOf(b.build([]*program{find(clients, cClient)}), ours)
	fast := firstOf(b.build([]*program{find(servers, cUring)}),
		b.build([]*program{find(servers, oursUring)}))
	var all []plan
	for _, c := range b.options.cells {
		if c.Rate > 0 {
			all = append(all, serverPlan(ss, firstOf(ours), c, cEpoll))
			continue
		}
		all = append(all, serverPlan(ss, generator, c, cUring), clientPlan(cs, fast, c))
	}
	if len(ours) > 0 && len(cs) > 0 && cs[0] == ours[0] {
		p := pair{client: ours[0], cell: overSendCell}
		all = append(all, plan{aloneTable, "dummies and bundled server in one process, not pinned",
			"", []row{{aloneTable, p}}})
	}
	return all, nil
}

// firstOf is the first program of the first list that has any, nil when none has.
func firstOf(lists ...[]*program) *program {
	for _, list := range lists {
		if len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

func serverPlan(ss []*program, generator *program, c cell, base string) plan {
	p := plan{table: serverTable, base: base}
	if generator == nil {
		return p
	}
	p.title = fmt.Sprintf("servers under the load of: %s", generator.name)
	for _, s := range ss {
		if !(c.Rate > 0 && s.name == oursRaw) {
			p.rows = append(p.rows, row{s.name, pair{s, generator, c}})
		}
	}
	return p
}

func clientPlan(cs []*program, server *program, c cell) plan {
	p := plan{table: clientTable, base: cClient}
	if server == nil {
		return p
	}
	p.title = fmt.Sprintf("generators against: %s", server.name)
	for _, g := range cs {
		p.rows = append(p.rows, row{g.name, pair{server, g, c}})
	}
	return p
}

// measureAll measures a plan's rows in turn, each round beginning one row later, so that what
// else the machine does falls on all of them alike. A measurement that fails is reported and
// left out.
func (b *bench) measureAll(p plan) error {
	first := len(b.results)
	for _, r := range p.rows {
		b.results = append(b.results, &result{Table: p.table, Name: r.name, Cell: r.cell})
	}
	for round := range b.options.rounds {
		for i := range p.rows {
			at := (round + i) % len(p.rows)
			f, err := b.measure(p.rows[at].pair)
			if b.ctx.Err() != nil {
				return errors.New("interrupted")
			}
			into := b.results[first+at]
			if err != nil {
				into.Failed = append(into.Failed, err.Error())
				fmt.Fprintf(os.Stderr, "%s at %v: %v\n", into.Name, into.Cell, err)
				continue
			}
			f.Round = round
			into.Rounds = append(into.Rounds, f)
		}
	}
	return nil
}

// failures is an error that names the rows without a measurement.
func failures(all []*result) error {
	var errs []error
	for _, r := range all {
		if len(r.Rounds) == 0 {
			errs = append(errs, fmt.Errorf("%s at %v: every measurement failed", r.Name, r.Cell))
		}
	}
	return errors.Join(errs...)
}

// findResult is the result of a row, nil when it was not measured.
func findResult(all []*result, table, name string, c cell) *result {
	for _, r := range all {
		if r.Table == table && r.Name == name && r.Cell == c && len(r.Rounds) > 0 {
			return r
		}
	}
	return nil
}

// writeJSON writes every measurement to a file, if one was named.
func writeJSON(name string, all []*result) error {
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(struct {
		At      time.Time `json:"at"`
		Results []*result `json:"results"`
	}{time.Now().UTC(), all}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}
