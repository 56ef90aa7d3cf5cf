package frame

import "testing"

func TestWhatAFormatSaysOfItself(t *testing.T) {
	for name, c := range map[string]struct {
		most     int
		text     string // its terminator
		stream   bool
		session  int
		messages int
	}{
		"raw":               {MaxPayload, "", true, 0, 2},
		"len16":             {65535, "", false, 0, 2},
		"id16":              {65531, "", false, 0, 2},
		"crlf":              {MaxPayload, "\r\n", false, 0, 2},
		"typed":             {65525, "", false, 2, 6},
		"magic and type":    {253, "", false, 0, 2}, // the length counts type and end
		"stream with login": {MaxPayload, "", true, 2, 4},
		"digits with zeros": {9999, "", false, 0, 2},
	} {
		f := named(t, name)
		if f.MaxPayload() != c.most || string(f.Terminator()) != c.text || f.Text() != (c.text != "") ||
			f.Stream != c.stream || len(f.Session) != c.session || len(f.messages()) != c.messages {
			t.Errorf("%s: payloads to %d, ended by %q, stream %v, %d steps, %d messages", name, f.MaxPayload(),
				f.Terminator(), f.Stream, len(f.Session), len(f.messages()))
		}
	}
}
