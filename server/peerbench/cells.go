package main

import (
	"fmt"
	"strconv"
	"strings"
)

// defaultCells are those of the bars, but for the widest.
const defaultCells = "100:32:1,1000:32:1,1000:32:16,1000:1024:1,1000:1024:16,1000:32:1:20000"

// cell is one load: so many connections with so many echoes of so many payload bytes
// outstanding on each, as fast as it goes or at a rate over all of them. On the wire each
// payload has a 2-byte length before it (len16), whichever server it goes to, but with --frame.
type cell struct {
	Connections int `json:"connections"`
	Bytes       int `json:"bytes"`
	Outstanding int `json:"outstanding"`
	Rate        int `json:"rate,omitempty"` // echoes/s; 0 is closed loop
}

func (c cell) String() string {
	s := fmt.Sprintf("%d:%d:%d", c.Connections, c.Bytes, c.Outstanding)
	if c.Rate > 0 {
		s += fmt.Sprintf(":%d", c.Rate)
	}
	return s
}

// inFlight is how many bytes the cell has outstanding at most.
func (c cell) inFlight() int { return c.Connections * c.Outstanding * (c.Bytes + 2) }

// The limits of a cell.
const (
	maxConnections = 19_900
	maxBytes       = 1<<16 - 1
	maxOutstanding = 4096
	maxRate        = 10_000_000
)

func parseCell(s string) (cell, error) {
	parts := strings.Split(s, ":")
	limits := []int{maxConnections, maxBytes, maxOutstanding, maxRate}
	if len(parts) != 3 && len(parts) != 4 {
		return cell{}, fmt.Errorf("cell %q: want connections:bytes:outstanding[:rate]", s)
	}
	var n [4]int
	for i, part := range parts {
		v, err := strconv.Atoi(part)
		if err != nil || v < 1 || v > limits[i] {
			return cell{}, fmt.Errorf("cell %q: %q; accepted: 1 to %d", s, part, limits[i])
		}
		n[i] = v
	}
	if n[1] < 8 {
		return cell{}, fmt.Errorf("cell %q: %d bytes; accepted: 8 and more", s, n[1])
	}
	return cell{Connections: n[0], Bytes: n[1], Outstanding: n[2], Rate: n[3]}, nil
}

// cellList is the flag.Value of --cells.
type cellList []cell

func (l *cellList) String() string {
	var parts []string
	for _, c := range *l {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ",")
}

// Set replaces the list.
func (l *cellList) Set(s string) error {
	var all cellList
	for part := range strings.SplitSeq(s, ",") {
		c, err := parseCell(part)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	*l = all
	return nil
}

// mustCells parses a list of this program's own.
func mustCells(s string) cellList {
	var l cellList
	if err := l.Set(s); err != nil {
		panic(err)
	}
	return l
}
