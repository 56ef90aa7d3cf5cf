package frame

import "slices"

// isDummys reports whether a field's value is one that a server only knows by being told.
func (k kind) isDummys() bool { return k == isClient || k == isConnection || k == isSequence }

// tell notes which values a step of the dummy has.
func (m *Message) tell(told map[kind]bool) {
	for _, part := range [][]segment{m.head, m.tail} {
		for _, s := range part {
			told[s.kind] = true
		}
	}
}

// says reports whether a server's step has a value that it was told.
func (m *Message) says() bool {
	said := func(s segment) bool { return s.kind.isDummys() && !s.unheard }
	return slices.ContainsFunc(m.head, said) || slices.ContainsFunc(m.tail, said)
}

// Learn takes over the numbers of a client and of its connection that another packet of that client has.
func (v *Values) Learn(of *Values) {
	v.Client, v.Connection = max(v.Client, of.Client), max(v.Connection, of.Connection)
}

// forget marks the fields of a server's step whose values no step of the dummy has told before. Any value
// is right there: a server that speaks first does not know to whom.
func (m *Message) forget(told map[kind]bool) {
	for _, part := range [][]segment{m.head, m.tail} {
		for i := range part {
			part[i].unheard = part[i].kind.isDummys() && !told[part[i].kind]
		}
	}
}
