package main

import "fmt"

// With --frame the dummies and the bundled server are measured in several frames, in turn, and each is
// compared with the first. Other programs only know len16.

// frameList is the flag.Value of --frame, which may be given more than once: a frame's options have
// commas.
type frameList []string

func (l *frameList) String() string { return fmt.Sprint(*l) }

// Set adds a frame; dummyload knows which there are.
func (l *frameList) Set(s string) error {
	if s == "" {
		return fmt.Errorf("accepted: what dummyload --frame takes")
	}
	*l = append(*l, s)
	return nil
}

// inFrame are our dummies and our server in one frame.
func inFrame(frame, path string, c cell) pair {
	return pair{
		server: &program{name: oursUring, flags: serveFlags("uring", frame), path: path},
		client: &program{name: dummies, flags: runFlags(frame), path: path},
		cell:   c,
	}
}

// beforeName is the row of the binary that --before names.
const beforeName = "before, "

// framePlans has a row for each frame in each cell. The binary of before comes first, in the first
// frame.
func framePlans(frames []string, cells []cell, path, before string) (all []plan) {
	for _, c := range cells {
		p := plan{table: frameTable, title: "dummies and bundled server, both of dummyload, in a frame"}
		if before != "" {
			p.rows = append(p.rows, row{beforeName + frames[0], inFrame(frames[0], before, c)})
		}
		for _, f := range frames {
			p.rows = append(p.rows, row{f, inFrame(f, path, c)})
		}
		p.base = p.rows[0].name
		all = append(all, p)
	}
	return all
}
