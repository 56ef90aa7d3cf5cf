package diagnose

import (
	"strings"
	"testing"
)

func TestWhatABannerSays(t *testing.T) {
	for got, want := range map[string]string{
		"HTTP/1.1 200 OK":              "HTTP",
		"SSH-2.0-x":                    "SSH",
		"\x15\x03\x01\x00\x02\x02\x46": "TLS",
		"\x16\x03\x03":                 "TLS",
		"220 ready\r\n":                `It answered with text ("220 ready\r\n"): describe its lines`,
		"short":                        "",
		"\x00\x18 some more bytes":     "",
		"":                             "",
	} {
		if says := Speaks([]byte(got), false); (says == "") != (want == "") || !strings.Contains(says, want) {
			t.Errorf("%q: %q", got, says)
		}
	}
	if says := Speaks([]byte("220 ready\r\n"), true); says != "" {
		t.Errorf("text is expected, but %q", says)
	}
}
