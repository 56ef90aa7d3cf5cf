package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dummyload/server/frame"
)

func newFramesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "frames [NAME]",
		Short: "List the built-in frames, or describe one",
		Long: "Lists what --frame takes by name. With NAME, NAME:KEY=VALUE,… or the FILE of a description\n" +
			"it prints the description, to copy and change, and in comments each packet byte by byte.\n\n" +
			frameLanguage + "\nThe built-in frames:\n\n" + listFrames(),
		ValidArgs: frame.Names(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("frames with %d arguments: want one NAME or FILE, or none", len(args))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := io.WriteString(os.Stdout, listFrames())
				return err
			}
			f, err := frame.Named(args[0])
			if err != nil {
				return usageError{fmt.Errorf("frames: %w", err)}
			}
			return describeFrame(os.Stdout, f)
		},
	}
}

// frameLanguage is what a description may say, in short.
const frameLanguage = `A description is YAML. Each list has fields in the order of the wire:

  title      one line
  frame      how packets travel; one field is {id: body}
  stream     true in place of frame: no packets, the bytes alone
  process    netchain: {key: K, random: FIELD, from: FIELD} or xor: {key: BYTES, from: FIELD}
  request    what a dummy asks: {body: […]}, with one field {id: payload}
  answer     what is right; {id: payload, first: 8} if only the first bytes come back
  session    before the first echo: - send: {body: […]} and - expect: {body: […]}
  heartbeat  {every: 30s, send: {body: […]}}
  ignore     packets that the server may send at any time: - {body: […]}
  options    numbers that --frame NAME:KEY=VALUE sets; $KEY stands for them

A field has an id, a type (u1, u2le, u2be, u3le, u4le, u8le, …, digits and hex with a size), and one of

  counts: body | rest | frame        a length, with plus: N
  contents: 5000 | "text" | [1, 2]   always the same
  value: random | client | connection | sequence | CHECKSUM(body or fields)
                                     sum8, xor8, crc16, crc32, adler32; over: ciphered
  fill: 0 and size: N                that many of one byte
  any: true and size: N              bytes that nobody looks at; rest: any for all that follow
  terminator: "\n"                   of the body, in place of a length
  nothing                            a field of the frame whose value each message gives
`

func listFrames() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, name := range frame.Names() {
		fmt.Fprintf(w, "  %s\t%s\n", name, frame.Builtin(name).Title())
	}
	_ = w.Flush() // a Builder takes everything
	return b.String()
}

// describeFrame writes a description, and after it in comments each packet byte by byte. What it writes
// is a description again.
func describeFrame(w io.Writer, f *frame.Format) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, strings.TrimRight(f.Description(), "\n"))
	v := &frame.Values{Connection: 1, Sequence: 1, Packet: 1, Random: 42}
	dump := func(what string, m *frame.Message, payload []byte) {
		fmt.Fprintf(b, "\n# %s:\n", what)
		for line := range strings.Lines(m.Dump(v, payload)) {
			fmt.Fprintf(b, "#   %s", line)
		}
	}
	for i, s := range f.Session {
		who := "the server says"
		if s.Send {
			who = "the dummy sends"
		}
		dump(fmt.Sprintf("session, step %d, %s", i+1, who), s.Message, nil)
	}
	payload := dumpedPayload(f)
	dump(fmt.Sprintf("request, with a payload of %d bytes", len(payload)), f.Request, payload)
	dump("its answer", f.Answer, payload)
	if h := f.Heartbeat; h != nil {
		dump(fmt.Sprintf("heartbeat, every %v", h.Every), h.Message, nil)
	}
	for _, m := range f.Ignore {
		dump("ignored", m, nil)
	}
	return b.Flush()
}

// dumpedPayload is a payload of letters that do not end a frame.
func dumpedPayload(f *frame.Format) (payload []byte) {
	for c := byte('a'); c <= 'z' && len(payload) < 12; c++ {
		if bytes.IndexByte(f.Terminator(), c) < 0 {
			payload = append(payload, c)
		}
	}
	return payload[:min(len(payload), f.MaxPayload())]
}

// completeFrames has a shell complete --frame: names, and then files.
func completeFrames(c *cobra.Command) {
	if c.Flags().Lookup("frame") == nil {
		return
	}
	names := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, name := range frame.Names() {
			all = append(all, name+"\t"+frame.Builtin(name).Title())
		}
		return all, cobra.ShellCompDirectiveDefault
	}
	if err := c.RegisterFlagCompletionFunc("frame", names); err != nil {
		panic(err) // registered twice
	}
}
