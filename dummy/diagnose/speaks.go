package diagnose

import (
	"bytes"
	"fmt"
	"slices"
)

// Speaks is a sentence about a protocol that shows in a server's first bytes; it is empty if they show
// none. That a server speaks text is told only where no text is expected.
func Speaks(got []byte, text bool) string {
	switch {
	case bytes.HasPrefix(got, []byte("HTTP/")):
		return "It speaks HTTP, which dummyload does not"
	case bytes.HasPrefix(got, []byte("SSH-")):
		return "It speaks SSH, which dummyload does not"
	case len(got) > 2 && (got[0] == 0x15 || got[0] == 0x16) && got[1] == 3:
		return "This is TLS. dummyload speaks no TLS: test the port behind it"
	case len(got) >= shortest && !text && !slices.ContainsFunc(got, func(c byte) bool {
		return (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t'
	}):
		return fmt.Sprintf("It answered with text (%q): describe its lines, as in `dummyload frames line`", got)
	}
	return ""
}
