package gallery

import (
	"fmt"
	"slices"
	"strings"
)

// Names are those of All.
func Names() []string {
	var names []string
	for _, e := range All() {
		names = append(names, e.Name)
	}
	return names
}

// Named finds exhibits by their names, in the order given; no names are all of them. The error
// says which name is none, and what the names are.
func Named(names ...string) ([]Exhibit, error) {
	all := All()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []Exhibit
	for _, name := range names {
		i := slices.IndexFunc(all, func(e Exhibit) bool { return e.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no exhibit %q; accepted: %s", name, strings.Join(Names(), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
