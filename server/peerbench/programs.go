package main

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:embed c
var sources embed.FS

// program is one server or generator that is compared.
type program struct {
	name  string
	c     string   // its file in c/ without the ending, of a C program
	libs  []string // it is linked with
	self  string   // its name in own, of one that lives in this binary
	flags []string // of dummyload, of ours
	path  string   // of the binary, once built
}

// The names that bars and tables need.
const (
	oursUring = "dummyload uring"
	oursEpoll = "dummyload epoll"
	oursNet   = "dummyload net"
	oursRaw   = "dummyload uring raw"
	cUring    = "C io_uring"
	cEpoll    = "C epoll"
	goNet     = "Go net"
	netpolls  = "netpoll"
	dummies   = "dummies"
	cClient   = "C io_uring client"
	goClient  = "Go net client"
)

// serveFlags are our server's: framing, session accounting and trace are on.
func serveFlags(backend, format string) []string {
	return []string{"serve", "--listen", "127.0.0.1:0", "--backend", backend, "--frame", format}
}

// runFlags are our dummies'.
func runFlags(format string) []string {
	return []string{"run", "--frame", format, "--quiet", "1ms", "--echo-timeout", "1m"}
}

var servers = []*program{
	{name: oursUring, flags: serveFlags("uring", "len16")},
	{name: oursRaw, flags: serveFlags("uring", "raw")},
	{name: oursEpoll, flags: serveFlags("epoll", "len16")},
	{name: oursNet, flags: serveFlags("net", "len16")},
	{name: cUring, c: "uring_echo", libs: []string{"-luring"}},
	{name: cEpoll, c: "epoll_echo"},
	{name: "libuv", c: "uv_echo", libs: []string{"-luv"}},
	{name: goNet, self: "serve-net"},
	{name: netpolls, self: "serve-netpoll"},
}

var clients = []*program{
	{name: dummies, flags: runFlags("len16")},
	{name: cClient, c: "uring_client", libs: []string{"-luring"}},
	{name: goClient, self: "client-net"},
}

func names(all []*program) []string {
	var list []string
	for _, p := range all {
		list = append(list, p.name)
	}
	return list
}

// pick finds the programs of a comma-separated list.
func pick(flag string, all []*program, list string) ([]*program, error) {
	var picked []*program
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		i := slices.IndexFunc(all, func(p *program) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("--%s %q; accepted: %s", flag, name,
				strings.Join(names(all), ", "))
		}
		picked = append(picked, all[i])
	}
	return picked, nil
}

// find is the program of a name in a list, nil when there is none.
func find(all []*program, name string) *program {
	for _, p := range all {
		if p.name == name {
			return p
		}
	}
	return nil
}

// build makes binaries of the programs and returns those that can run here.
func (b *bench) build(all []*program) []*program {
	var built []*program
	for _, p := range all {
		if err := b.buildOne(p); err != nil {
			fmt.Printf("left out: %s: %v\n", p.name, err)
			continue
		}
		built = append(built, p)
	}
	return built
}

func (b *bench) buildOne(p *program) (err error) {
	switch {
	case p.path != "":
	case p.self != "":
		p.path, err = os.Executable()
	case p.c != "":
		p.path, err = b.buildC(p)
	default:
		p.path, err = b.buildDummyload()
	}
	return err
}

func (b *bench) buildC(p *program) (string, error) {
	if err := os.CopyFS(b.dir, sources); err != nil && !os.IsExist(err) {
		return "", err
	}
	out := filepath.Join(b.dir, p.c)
	args := append([]string{"-O2", "-o", out, filepath.Join(b.dir, "c", p.c+".c")}, p.libs...)
	return out, b.make("cc", args...)
}

func (b *bench) buildDummyload() (string, error) {
	if b.options.dummyload != "" {
		return filepath.Abs(b.options.dummyload)
	}
	out := filepath.Join(b.dir, "dummyload")
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	return out, b.make("go", "build", "-C", filepath.Join("..", ".."), "-o", out, "./cmd/dummyload")
}

// make runs a compiler; the error has the first line of what it said.
func (b *bench) make(name string, args ...string) error {
	out, err := exec.CommandContext(b.ctx, name, args...).CombinedOutput()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s: %w: %s", name, err, first)
	}
	return nil
}

// serveArguments are a server's.
func (p *program) serveArguments() []string {
	if p.self != "" {
		return []string{p.self}
	}
	return p.flags
}

// clientArguments are those of a generator that prints begin and end.
func (p *program) clientArguments(port string, c cell, o *options) []string {
	ms := func(seconds float64) string { return strconv.Itoa(int(seconds * 1000)) }
	args := []string{port, strconv.Itoa(c.Connections), strconv.Itoa(c.Bytes),
		strconv.Itoa(c.Outstanding), ms(o.warmup), ms(o.seconds)}
	if p.self != "" {
		args = append([]string{p.self}, args...)
	}
	return args
}
