//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// A hang-up is a closed terminal: nothing measured is lost there either.
var stopSignalList = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

var quitSignalList = []os.Signal{syscall.SIGQUIT}

// outlived are what a rescuer does not end by: signals to the whole group, and SIGTTOU, as the
// terminal is somebody else's by the time it is restored.
var outlived = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGTTOU}

// detach keeps the terminal's Ctrl-C from a child: its parent tells it when to stop.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
