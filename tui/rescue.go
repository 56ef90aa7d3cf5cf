package tui

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"dummyload/monitor"
)

// Rescuer is a process that waits beside the one with the screen. A panic in any goroutine, an
// error of the runtime and SIGKILL leave nobody in that process who could give the terminal back,
// and what the runtime writes is lost with the alternate screen. The rescuer has the text through
// a pipe (debug.SetCrashOutput), keeps it in a file, restores the terminal and names the file.
//
//	screen ends in order ──► "over", end of pipe ──► it ends without a word
//	panic, fatal error   ──► text, end of pipe   ──► file, terminal, where the file is
//	SIGKILL              ──► end of pipe         ──► terminal
type Rescuer struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// screenOver is what the pipe has when nobody needs to be rescued.
const screenOver = "over\n"

// StartRescuer starts cmd, which is to call Rescue, and waits until it has seen the terminal as it
// is. It returns nil where it cannot be started: the screen goes without.
func StartRescuer(cmd *exec.Cmd) *Rescuer {
	from, to, err := os.Pipe()
	if err != nil {
		return nil
	}
	defer from.Close()
	cmd.Stdin, cmd.Stdout = from, os.Stdout
	ready, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		_ = to.Close() // there is nobody at its other end
		return nil
	}
	_, _ = ready.Read(make([]byte, 1)) // or its end, and then it rescues nobody
	debug.SetTraceback("all")          // whoever reads the file was not there
	_ = debug.SetCrashOutput(to, debug.CrashOptions{})
	return &Rescuer{cmd, to}
}

// End is for when the terminal is given back already.
func (r *Rescuer) End() {
	if r == nil {
		return
	}
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_, _ = io.WriteString(r.pipe, screenOver) // one that is gone hears nothing
	_ = r.pipe.Close()
	_ = r.cmd.Wait() // how it ended changes nothing
}

// Rescue is the rescuer's whole life. pipe is its stdin, ready its stderr, and out the terminal, where
// its text goes.
func Rescue(pipe io.Reader, out, ready io.Writer) error {
	terminal := SaveTerminal()
	if _, err := io.WriteString(ready, "."); err != nil {
		return err
	}
	text, err := io.ReadAll(pipe)
	if err != nil {
		return err
	}
	if string(text) == screenOver {
		return nil
	}
	terminal.Restore(out)
	if len(text) == 0 {
		_, err = fmt.Fprintln(out, "dummyload: ended without a word, as killed processes do; "+
			"nothing of the run was written")
		return err
	}
	path, err := keepCrash(text, time.Now())
	if err != nil { // then here, where it can still be read
		_, err = fmt.Fprintf(out, "%s\ndummyload: crashed, and this is nowhere else: %s\n",
			cleanLines(text), monitor.Clean(err.Error()))
		return err
	}
	what, _, _ := strings.Cut(string(text), "\n")
	_, err = fmt.Fprintf(out, "dummyload: crashed: %s\ndummyload: all of it is in %s\n",
		monitor.Clean(what), monitor.Clean(path))
	return err
}

// keepCrash writes the text to a file here, or among the temporary ones.
func keepCrash(text []byte, now time.Time) (path string, err error) {
	name := "dummyload-" + now.Format("20060102-150405.000") + "-crash.txt"
	for _, path = range []string{name, filepath.Join(os.TempDir(), name)} {
		werr := os.WriteFile(path, text, 0o666)
		if werr == nil {
			return path, nil
		}
		err = errors.Join(err, werr)
	}
	return "", err
}

func cleanLines(text []byte) string {
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = monitor.Clean(strings.ReplaceAll(lines[i], "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
