package main

import (
	"os"
	"os/exec"
	"syscall"
)

// The runtime turns Ctrl-C and Ctrl-Break into os.Interrupt, and closing the window, logging
// off and shutting down into SIGTERM.
var stopSignalList = []os.Signal{os.Interrupt, syscall.SIGTERM}

// Windows has no quit signal.
var quitSignalList []os.Signal

// detach keeps the console's Ctrl-C from a child: its parent stops it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// outlived are the signals that do not end a rescuer: Ctrl-C and Ctrl-Break reach it as well.
var outlived = []os.Signal{os.Interrupt}
