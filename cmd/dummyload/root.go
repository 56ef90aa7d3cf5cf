package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot builds the command tree. The root itself is the terminal UI.
func newRoot() *cobra.Command {
	var opts loadOptions
	root := &cobra.Command{
		Use:   "dummyload",
		Short: "Dummy clients for echo servers: load, verify every byte, drain to zero",
		Long: "dummyload drives dummy clients against an echo server: the bundled one, or any\n" +
			"server you point --target at. Without a subcommand it opens the terminal UI;\n" +
			"`dummyload run` does the same without a screen.",
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(*cobra.Command, []string) error { return runTerminal(&opts) },
	}
	opts.addFlags(root.Flags())
	opts.addTerminalFlags(root.Flags())
	root.AddCommand(newRunCommand(), newServeCommand(), newGalleryCommand(),
		newProbeCommand(), newFramesCommand(), newVersionCommand(), newRescueCommand())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetHelpCommand(newHelpCommand(root))
	root.InitDefaultCompletionCmd()
	strictCompletion(root)
	forEachCommand(root, func(c *cobra.Command) {
		completeFrames(c)
		c.PreRunE = func(c *cobra.Command, _ []string) error {
			return flagsFromEnvironment(c.Flags())
		}
	})
	return root
}

func newRunCommand() *cobra.Command {
	var opts loadOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run without a screen: connect, echo, STOP, drain, verdict, exit code",
		Long: "Connects the dummies, echoes for --duration, then STOP: drains until Wait\n" +
			"Echo Count is 0, listens for the quiet period, disconnects, gives its verdict.\n" +
			"With --max-rate it looks for the highest rate instead, in several such steps.\n\n" +
			"Exit codes: 0 pass, 1 the program failed, 2 usage or preflight, 3 a correctness\n" +
			"fault or not drained, 4 a threshold missed, 5 inconclusive, 130 interrupted.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return runHeadless(&opts) },
	}
	opts.addFlags(cmd.Flags())
	opts.addRunFlags(cmd.Flags())
	return cmd
}

// newHelpCommand is cobra's, but help about a command that does not exist is bad input.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError{fmt.Errorf("help %s: no such command: "+
					"`dummyload help` lists the commands", strings.Join(args, " "))}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// strictCompletion makes a wrong argument of cobra's completion command bad input: by itself it
// prints its help.
func strictCompletion(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		var shells []string
		for _, shell := range c.Commands() {
			shells = append(shells, shell.Name())
			shell.Args = noArguments
		}
		want := fmt.Errorf("completion: want one of %s", strings.Join(shells, ", "))
		c.Args = func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("%w, not %q", want, args[0])}
			}
			return nil
		}
		c.RunE = func(*cobra.Command, []string) error { return usageError{want} }
	}
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(os.Stdout, "dummyload", version())
			return err
		},
	}
}

// version is the module's version, or the commit that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel+" + s.Value[:12]
		}
	}
	return "devel"
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usageError{fmt.Errorf("unknown command %q: `dummyload help` lists the commands",
			args[0])}
	}
	return usageError{fmt.Errorf("unexpected argument %q: %s takes flags only", args[0],
		cmd.CommandPath())}
}

func forEachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		forEachCommand(sub, do)
	}
}
