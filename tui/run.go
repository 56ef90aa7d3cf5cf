package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
	"golang.org/x/term"

	"dummyload/dummy"
	"dummyload/monitor"
)

// Options is what a screen needs. Control and Latest are required.
type Options struct {
	Control dummy.Control
	Latest  func() *monitor.View // the newest view, nil before the first; must not wait
	Version string               // shown in the help

	Rules monitor.Rules // for the verdict; the phase decides Live

	// Command is the command line that repeats this run with another tuning, in which every tunable
	// knob is set. It is shown with the settings. nil shows none.
	Command func(dummy.Tuning) string
	// AtOnce ends the screen, as a second Ctrl-C does, when it is closed. It may be nil.
	AtOnce <-chan struct{}
	// Probe finds out which frame the server speaks, in words for people. It may take 10 s, and ends
	// early with its context. It is called beside the screen; progress may be called at any time.
	// nil leaves the key p without a function: the server is ours.
	Probe func(ctx context.Context, progress func(done, all int)) string
	// Report writes the summary to a file. nil leaves the key w without a function.
	Report func(path string) error

	Start bool // press START at once
	ASCII bool // draw with ASCII even where the terminal could do better

	Screen tcell.Screen // already initialised; Run ends it. nil opens the terminal
	Out    io.Writer    // where the key Q leaves the last screen; nil means standard output
}

// Usable says in one line why there is no terminal that Run could use; nil when there is.
func Usable() error {
	if os.Getenv("TERM") == "dumb" {
		return errors.New("the terminal cannot place text (TERM=dumb)")
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return errors.New("standard input is not a terminal")
	}
	if !term.IsTerminal(int(os.Stdout.Fd())) {
		return errors.New("standard output is not a terminal")
	}
	if _, err := tcell.NewScreen(); err != nil {
		return fmt.Errorf("the terminal is not known (TERM=%q): %w", os.Getenv("TERM"), err)
	}
	return nil
}

// ErrAtOnce is what Run returns when its user did not want to wait for the drain.
var ErrAtOnce = errors.New("told to end at once")

// Run shows the screen until its user quits, and gives the terminal back as it was. When the context
// ends, Run gives STOP, waits for the drain and returns, too. The fleet belongs to the caller: its
// connections stay open. The error is ErrAtOnce, or says that the terminal failed.
func Run(ctx context.Context, o Options) error {
	screen := o.Screen
	if screen == nil {
		// A locale whose character set tcell does not know (EUC-KR, say) has ASCII all the same.
		tcell.SetEncodingFallback(tcell.EncodingFallbackASCII)
		var err error
		if screen, err = tcell.NewScreen(); err != nil {
			return fmt.Errorf("open the terminal: %w", err)
		}
		if err = screen.Init(); err != nil {
			return fmt.Errorf("open the terminal: %w", err)
		}
	}
	return newUI(o, screen).run(ctx)
}

// plainStyles keeps tview's own widgets from painting a background.
var plainStyles = sync.OnceFunc(func() {
	d := tcell.ColorDefault
	tview.Styles = tview.Theme{
		PrimitiveBackgroundColor: d, ContrastBackgroundColor: d, MoreContrastBackgroundColor: d,
		BorderColor: d, TitleColor: d, GraphicsColor: d, PrimaryTextColor: d,
		SecondaryTextColor: d, TertiaryTextColor: d, InverseTextColor: d,
		ContrastSecondaryTextColor: d,
	}
})

// run is the event loop and what it needs around it. tview's queue blocks for ever when the loop is
// gone. So the end goes in this order: u.over is closed, the pump sees it and returns, and only
// then the loop is stopped.
func (u *ui) run(ctx context.Context) error {
	u.app = tview.NewApplication()
	u.app.SetScreen(terminal{u.screen, u.fail})
	u.app.SetInputCapture(u.capture)
	u.app.EnableMouse(u.mouse).EnablePaste(true)
	u.app.SetRoot(newRoot(u), true)
	u.observe(u.o.Latest())
	if u.o.Start {
		u.start()
	}

	var stopped sync.WaitGroup
	stopped.Go(func() {
		u.pump(ctx)
		u.app.Stop()
	})
	err := u.app.Run()
	stopped.Wait()
	u.endProbe()
	if err == nil {
		err = u.err
	}
	if u.kept != "" {
		out := u.o.Out
		if out == nil {
			out = os.Stdout
		}
		if _, werr := io.WriteString(out, u.kept); err == nil {
			err = werr
		}
	}
	return err
}

// terminal is a screen that is already initialised, because tview ignores an error of Init. tview
// does not see an error while it runs: it would stop its loop, and the pump still needs that.
type terminal struct {
	tcell.Screen
	failed func(error)
}

// Init does nothing: see terminal.
func (terminal) Init() error { return nil }

// PollEvent waits for the next event that is no error.
func (t terminal) PollEvent() tcell.Event {
	for {
		event := t.Screen.PollEvent()
		failure, ok := event.(*tcell.EventError)
		if !ok {
			return event
		}
		t.failed(fmt.Errorf("the terminal failed: %w", failure))
	}
}
