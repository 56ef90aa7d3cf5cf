//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// SIGHUP is here, too: a closed terminal loses nothing that was measured.
var stopSignalList = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

var quitSignalList = []os.Signal{syscall.SIGQUIT}

// outlived are the signals that do not end a rescuer: those to the whole group, and SIGTTOU, because
// the terminal may belong to another group when the rescuer restores it.
var outlived = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGTTOU}

// detach keeps the terminal's Ctrl-C from a child: its parent stops it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
