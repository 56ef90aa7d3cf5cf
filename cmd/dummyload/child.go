package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"dummyload/dummy/cluster"
	"dummyload/server"
)

// startChild starts the bundled server in a process of its own, `dummyload serve --child`.
func startChild(config server.Config) (*cluster.Child, error) {
	self, err := ourselves()
	if err != nil {
		return nil, usageError{fmt.Errorf("--server-process: this program cannot find its own file: %w; "+
			"start it by its path, or run the server alone (dummyload serve) and use --target", err)}
	}
	cmd := exec.Command(self, "serve", "--child",
		"--listen="+config.Listen.String(), "--backend="+config.Backend,
		fmt.Sprint("--workers=", config.Workers), "--frame="+config.Frame.String(),
		fmt.Sprint("--login=", config.Frame.HasLogin()), fmt.Sprint("--sendq=", config.SendQLimit),
		fmt.Sprint("--memory=", config.Memory),
		fmt.Sprint("--idle-timeout=", config.IdleTimeout),
		fmt.Sprint("--frame-timeout=", config.FrameTimeout))
	cmd.Env = withoutOurFlags(os.Environ())
	detach(cmd)
	c, err := cluster.Start(cmd, serveGrace)
	var refused *cluster.Refused
	switch {
	case errors.As(err, &refused):
		return nil, usageError{fmt.Errorf("bundled server: %w", err)}
	case err != nil:
		return nil, usageError{fmt.Errorf("--server-process: it cannot be started: %w", err)}
	}
	return c, nil
}

// ourselves is the path of this program's file. Where the system does not say (Linux without /proc),
// it is searched as a shell does, by the name that the program was started by.
func ourselves() (string, error) {
	path, err := os.Executable()
	if err == nil {
		return path, nil
	}
	path, lost := exec.LookPath(os.Args[0])
	if lost == nil {
		path, lost = filepath.Abs(path)
	}
	return path, lost
}

// withoutOurFlags leaves out the variables that set flags: the child has what it needs on its
// command line.
func withoutOurFlags(env []string) []string {
	var kept []string
	for _, e := range env {
		if !strings.HasPrefix(e, "DUMMYLOAD_") {
			kept = append(kept, e)
		}
	}
	return kept
}
