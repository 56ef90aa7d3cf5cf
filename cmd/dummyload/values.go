package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"dummyload/dummy"
)

// value is the value of a flag. The error of parse says what is accepted; pflag puts the flag and the
// value in front, so bad input gets its one line.
type value[T any] struct {
	target *T
	parse  func(string) (T, error)
	format func(T) string
	kind   string
}

func (v *value[T]) Set(s string) error {
	parsed, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.target = parsed
	return nil
}

func (v *value[T]) String() string {
	if v.target == nil {
		return ""
	}
	return v.format(*v.target)
}

func (v *value[T]) Type() string { return v.kind }

// flagSet adds flags with a default to a pflag set.
type flagSet struct{ *pflag.FlagSet }

func (f flagSet) integer(p *int, name string, def, lo, hi int, usage string) {
	*p = def
	f.Var(&value[int]{p, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lo || n > hi {
			return 0, fmt.Errorf("want a whole number from %d to %d", lo, hi)
		}
		return n, nil
	}, strconv.Itoa, "N"}, name, usage)
}

// byteUnits are the units that a number of bytes may end in, the longest first.
var byteUnits = []struct {
	name  string
	shift int
}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"K", 10}, {"M", 20}, {"G", 30}, {"T", 40},
	{"B", 0}, {"", 0}}

// byteCount is a number of bytes, with a unit or without.
func byteCount[N int | int64](f flagSet, p *N, name string, def, lo N, usage string) {
	*p = def
	f.Var(&value[N]{p, func(s string) (N, error) {
		for _, u := range byteUnits {
			number, ok := strings.CutSuffix(s, u.name)
			if !ok {
				continue
			}
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil || n > math.MaxInt64>>u.shift || int64(N(n<<u.shift)) != n<<u.shift ||
				N(n<<u.shift) < lo { // too large for its type, or too small
				break
			}
			return N(n << u.shift), nil
		}
		return 0, fmt.Errorf("want bytes from %s, like 8388608, 8MiB or 1GiB", formatBytes(lo))
	}, formatBytes[N], "BYTES"}, name, usage)
}

// formatBytes writes bytes in the largest unit that leaves a whole number.
func formatBytes[N int | int64](n N) string {
	for _, u := range []int{3, 2, 1, 0} {
		if shift := byteUnits[u].shift; n != 0 && int64(n)>>shift<<shift == int64(n) {
			return strconv.FormatInt(int64(n)>>shift, 10) + byteUnits[u].name
		}
	}
	return strconv.FormatInt(int64(n), 10)
}

// boolean is a switch: off unless it is given.
func (f flagSet) boolean(p *bool, name, usage string) {
	f.VarPF(&value[bool]{p, func(s string) (bool, error) {
		on, err := strconv.ParseBool(s)
		if err != nil {
			return false, fmt.Errorf("want true or false; --%s alone is true", name)
		}
		return on, nil
	}, strconv.FormatBool, "bool"}, name, "", usage).NoOptDefVal = "true"
}

// knob is a flag that sets a knob of a configuration.
func (f flagSet) knob(c *dummy.Config, k *dummy.Knob) {
	k.Set(c, k.Default)
	f.Var(&knob{k, c}, k.Name, k.Help)
}

// knob is the flag's value.
type knob struct {
	*dummy.Knob
	of *dummy.Config
}

// Set reads it.
func (k *knob) Set(s string) error {
	v, err := k.Parse(s)
	if err == nil {
		k.Knob.Set(k.of, v)
	}
	return err
}

// String is the value as it is read.
func (k *knob) String() string {
	if k.Knob == nil {
		return ""
	}
	return k.Format(k.Get(k.of))
}

// Type is the placeholder in the help.
func (k *knob) Type() string { return k.Kind() }

func (f flagSet) duration(p *time.Duration, name string, def, lo time.Duration, usage string) {
	const most = 1000 * time.Hour
	*p = def
	f.Var(&value[time.Duration]{p, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < lo || d > most {
			return 0, fmt.Errorf("want a duration from %v to %v, like 500ms, 10s or 5m", lo, most)
		}
		return d, nil
	}, time.Duration.String, "D"}, name, usage)
}

// choice is a flag with a fixed set of words.
func choice[T any](f flagSet, p *T, name string, def string, parse func(string) (T, error),
	usage string) {
	shown := def
	first, err := parse(def)
	if err != nil {
		panic("flag --" + name + ": its own default is refused: " + err.Error())
	}
	*p = first
	f.Var(&value[T]{p, func(s string) (T, error) {
		v, err := parse(s)
		if err == nil {
			shown = s
		}
		return v, err
	}, func(T) string { return shown }, "NAME"}, name, usage)
}

// address is HOST:PORT. It is resolved when the flag is read, so that a wrong name starts nothing.
type address struct {
	text  string
	addrs []netip.AddrPort // of the name, IPv4 first
}

// resolveMost is how long a name may take to be resolved.
const resolveMost = 30 * time.Second

func parseAddress(s string) (address, error) {
	if s == "" {
		return address{}, nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return address{}, fmt.Errorf("want HOST:PORT, like 127.0.0.1:6000 or [::1]:6000")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{}, fmt.Errorf("want HOST:PORT with a port from 0 to 65535")
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveMost)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return address{}, fmt.Errorf("want HOST:PORT of a host that resolves: %w", err)
	}
	a := address{text: s}
	for _, ip := range ips {
		if at := netip.AddrPortFrom(ip.Unmap(), uint16(n)); !slices.Contains(a.addrs, at) {
			a.addrs = append(a.addrs, at)
		}
	}
	slices.SortStableFunc(a.addrs, func(x, y netip.AddrPort) int {
		return x.Addr().BitLen() - y.Addr().BitLen()
	})
	return a, nil
}

// of writes addr, which is one of the name's addresses, for people: with the name.
func (a address) of(addr netip.AddrPort) string {
	if a.text == "" || a.text == addr.String() {
		return addr.String()
	}
	return fmt.Sprintf("%v (%s)", addr, a.text)
}

// sizes is MIN or MIN-MAX bytes.
type sizes struct{ min, max int }

func (s sizes) String() string {
	if s.min == s.max {
		return strconv.Itoa(s.min)
	}
	return fmt.Sprintf("%d-%d", s.min, s.max)
}

func parseAddrs(s string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for part := range strings.SplitSeq(s, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("want IP addresses of this machine, separated by commas")
		}
		addrs = append(addrs, a)
	}
	return addrs, nil
}

func formatAddrs(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, ",")
}

// environmentName is the environment variable that sets a flag's default.
func environmentName(flag string) string {
	return "DUMMYLOAD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// flagsFromEnvironment gives every flag that was not on the command line its value from the
// environment, if there is one.
func flagsFromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		text, ok := os.LookupEnv(environmentName(f.Name))
		if !ok || f.Changed || f.Name == "help" || failed != nil {
			return
		}
		if err := flags.Set(f.Name, text); err != nil {
			failed = usageError{fmt.Errorf("environment %s: %w", environmentName(f.Name), err)}
		}
	})
	return failed
}
