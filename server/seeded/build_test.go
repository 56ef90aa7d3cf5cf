package seeded

import "testing"

func TestAnEditFitsOnceOrIsAnError(t *testing.T) {
	for old, fits := range map[string]bool{"one": true, "two": false, "none": false} {
		texts := map[string]string{"f.go": "one two two"}
		err := Edit{"f.go", old, "new"}.apply(texts)
		if (err == nil) != fits || fits && texts["f.go"] != "new two two" {
			t.Errorf("%s: %v, %q", old, err, texts["f.go"])
		}
	}
}
