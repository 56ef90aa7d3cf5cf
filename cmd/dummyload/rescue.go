package main

import (
	"os"
	"os/exec"
	"os/signal"

	"github.com/spf13/cobra"

	"dummyload/tui"
)

func newRescueCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "rescue",
		Short:  "Give the terminal back when the screen's process does not",
		Hidden: true,
		Args:   noArguments,
		RunE: func(*cobra.Command, []string) error {
			signal.Ignore(outlived...)
			return tui.Rescue(os.Stdin, os.Stdout, os.Stderr)
		},
	}
}

// startRescuer starts this program once more, as `dummyload rescue`.
func startRescuer() *tui.Rescuer {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	cmd := exec.Command(self, "rescue")
	cmd.Env = withoutOurFlags(os.Environ())
	return tui.StartRescuer(cmd)
}
