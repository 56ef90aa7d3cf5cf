package frame

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDump(t *testing.T) {
	for _, c := range []struct {
		format string
		want   string // of a request
	}{
		{"len16", `
18 00   61 62 63 64 65 66 67 68 …
length  payload (24 bytes)
`},
		{"id16", `
1c 00   01 00  61 62 63 64 65 66 67 68 …
length  type   payload (24 bytes)
`},
		{"crlf", `
bytes  61 62 63 64 65 66 67 68 …  0d 0a
text   "abcdefgh" …               "\r\n"
       payload (24 bytes)         terminator
`},
		{"net", `
sent   77    18 00   4f    0f   af b8 22 1d a9 d6 fc 1b …
plain  77    18 00   4f    6c   61 62 63 64 65 66 67 68 …
       code  length  rand  sum  payload (24 bytes)
`},
		{"who and which", `
24 00   07 00 00 00  00 03  61 62 63 64 65 66 67 68 …  09 00 00 00
length  client       n      payload (24 bytes)         seq
`},
		{"text", `
bytes  45 43 48 4f 20  30 30 30 30 30 37  20        61 62 63 64 65 66 67 68 …  20
text   "ECHO "         "000007"           " "       "abcdefgh" …               " "
       constant        who                constant  payload (24 bytes)         constant
bytes  61 37 32 32 39 30 34 35  0d 0a 0d 0a
text   "a7229045"               "\r\n\r\n"
       crc                      terminator
`},
	} {
		v := Values{Client: 7, Connection: 3, Sequence: 9}
		if got := named(t, c.format).Request.Dump(&v, letters(24)); got != c.want[1:] {
			t.Errorf("%s:\n%s\nwant\n%s", c.format, got, c.want[1:])
		}
	}
	short := named(t, "echo64").Answer.Dump(&Values{}, letters(4000))
	if want := "08 00   61 62 63 64 65 66 67 68\nlength  payload\n"; short != want {
		t.Errorf("%s\nwant\n%s", short, want)
	}
}

// TestDumpsAreAligned: all lines of a block begin their cells together, and none is too long.
func TestDumpsAreAligned(t *testing.T) {
	everyFormat(t, func(t *testing.T, f *Format) {
		for _, m := range f.messages() {
			for _, n := range []int{8, 4000} {
				lines := strings.Split(strings.TrimSuffix(m.Dump(&Values{Client: 7}, letters(n)), "\n"), "\n")
				rows := 2
				if m.cipher != nil || m.text {
					rows = 3
				}
				if len(lines)%rows != 0 && lines[0] != "" {
					t.Fatalf("%d lines", len(lines))
				}
				for i, l := range lines {
					if utf8.RuneCountInString(l) > dumpColumns {
						t.Errorf("%d columns: %s", utf8.RuneCountInString(l), l)
					}
					if i%rows != rows-1 {
						continue
					}
					names := []rune(l)
					for j := 1; j < len(names); j++ {
						above := []rune(lines[i-1])
						if names[j] != ' ' && names[j-1] == ' ' && names[max(0, j-2)] == ' ' &&
							(j >= len(above) || above[j] == ' ' || above[j-1] != ' ') {
							t.Errorf("column %d:\n%s\n%s", j, lines[i-1], l)
						}
					}
				}
			}
		}
	})
}

// TestADumpSaysWhereAnyBytesFollow: the packet does not end there.
func TestADumpSaysWhereAnyBytesFollow(t *testing.T) {
	f, err := Parse("x.yaml", "frame: [{id: length, type: u1, counts: body}, {id: body}]\n"+
		"request: {body: [{contents: a}, {id: payload}]}\nanswer: {body: [{contents: a}, {id: payload}]}\n"+
		"ignore: [{body: [{id: news, contents: [6, 7, 8, 9]}, {rest: any}]}]\n")
	if err != nil {
		t.Fatal(err)
	}
	const want = "04      06 07 08 09  …\nlength  news         any bytes\n"
	if got := f.Ignore[0].Dump(&Values{}, nil); got != want {
		t.Errorf("%q", got)
	}
}
