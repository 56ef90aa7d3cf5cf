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

// Rescuer is a process that waits beside the one with the screen. After a panic in any goroutine,
// an error of the runtime or SIGKILL nobody in that process can give the terminal back, and what
// the runtime writes is lost with the alternate screen. The rescuer gets that text through a pipe
// (debug.SetCrashOutput), keeps it in a file, restores the terminal and names the file.
//
//	screen ends in order ──► "over", end of pipe ──► it ends without a word
//	panic, fatal error   ──► text, end of pipe   ──► file, terminal, where the file is
//	SIGKILL              ──► end of pipe         ──► terminal
type Rescuer struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// screenOver is what the pipe has when there is nothing to rescue.
const screenOver = "over\n"

// StartRescuer starts cmd, which must call Rescue, and waits until that has noted how the terminal
// is set. It returns nil where cmd cannot be started: the screen goes without a rescuer.
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
	_, _ = ready.Read(make([]byte, 1)) // at the end of the pipe there is no rescuer, and no harm
	debug.SetTraceback("all")          // whoever reads the file was not there
	_ = debug.SetCrashOutput(to, debug.CrashOptions{})
	return &Rescuer{cmd, to}
}

// End ends the rescuer. The terminal must be given back before.
func (r *Rescuer) End() {
	if r == nil {
		return
	}
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_, _ = io.WriteString(r.pipe, screenOver) // one that is gone hears nothing
	_ = r.pipe.Close()
	_ = r.cmd.Wait() // how it ended changes nothing
}

// Rescue is all that the rescuer does. pipe is its stdin and ready its stderr; out is the terminal,
// where its text goes.
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
	if err != nil { // no file: the terminal gets the text
		_, err = fmt.Fprintf(out, "%s\ndummyload: crashed, and this is nowhere else: %s\n",
			cleanLines(text), monitor.Clean(err.Error()))
		return err
	}
	what, _, _ := strings.Cut(string(text), "\n")
	_, err = fmt.Fprintf(out, "dummyload: crashed: %s\ndummyload: all of it is in %s\n",
		monitor.Clean(what), monitor.Clean(path))
	return err
}

// keepCrash writes the text to a file in this directory, or in that for temporary files.
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
