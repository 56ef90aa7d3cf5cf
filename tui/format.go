package tui

import (
	"fmt"
	"strconv"
	"time"

	"dummyload/monitor"
)

// clock writes a duration as 00:01:27.
func clock[D ~int64](d D) string {
	s := int64(max(d, 0)) / int64(time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// took writes a duration in the unit that fits.
func took[D ~int64](d D) string { return monitor.Micros(float64(d) / 1e3) }

// percent writes a share from 0 to 1 so that one that is not 0 never looks like it.
func percent(share float64) string {
	switch {
	case share == 0:
		return "0%"
	case share < 0.0001:
		return "<0.01%"
	case share < 0.01:
		return strconv.FormatFloat(100*share, 'f', 2, 64) + "%"
	case share < 0.1:
		return strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + "%"
}

// size writes bytes with a binary prefix.
func size(n uint64) string {
	f, i := float64(n), 0
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 {
		return strconv.FormatUint(n, 10) + " B"
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + units[i]
}

// count writes any whole number that is not negative with thousands apart.
func count[N int | int64 | uint64 | uint32](n N) string {
	if n < 0 {
		return "-" + monitor.Count(uint64(-n))
	}
	return monitor.Count(uint64(n))
}

// short writes a count with a decimal prefix.
func short(n uint64) string { return monitor.Short(float64(n)) }

// plural writes a count with its noun.
func plural[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
