package frame

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a description: its bytes (ten lines of YAML are 500), the bytes of a word in it, and how deep
// it is.
const (
	maxText    = 16 << 10
	maxWord    = 120
	maxNesting = 64
)

// Error is what is wrong with a description, and where.
type Error struct {
	File         string // or the name of what is built in
	Line, Column int    // from 1; 0 for what the command line gives
	What         string // what is wrong, and what is accepted
	Excerpt      string // the line, cut to what can be shown
}

// Error is one line.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.What
	}
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
	if e.Excerpt != "" {
		s += fmt.Sprintf(" (in %q)", e.Excerpt)
	}
	return s
}

// catch turns what reader.fail panics with into an error.
func catch(err *error) {
	switch e := recover().(type) {
	case nil:
	case *Error:
		*err = e
	default:
		panic(e)
	}
}

// plainText is a file's text without what some editors add: the mark of UTF-8, and \r at the ends of
// lines.
func plainText(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// reader walks over a description's YAML. The first thing wrong ends it, by a panic with *Error that
// catch recovers.
type reader struct {
	file    string
	lines   []string
	options map[string]*node // see Description; taken are those that were used
	taken   map[string]bool
	given   bool // the command line gives options: their users see no file
}

// node is a value in the YAML, with where it stands.
type node struct {
	r    *reader
	at   *token.Position
	yaml ast.Node
	from string // the option that it is the value of
}

// fail ends the reading.
func (r *reader) fail(at *token.Position, format string, args ...any) {
	e := &Error{File: r.file, Line: 1, Column: 1, What: fmt.Sprintf(format, args...)}
	if at != nil {
		e.Line, e.Column = max(1, at.Line), max(1, at.Column)
		if e.Line <= len(r.lines) {
			e.Excerpt = excerptAt(r.lines[e.Line-1], e.Column)
		}
	}
	panic(e)
}

// refuse ends the reading because of what the command line gives.
func (r *reader) refuse(format string, args ...any) {
	panic(&Error{What: fmt.Sprintf(format, args...)})
}

// excerpt is a line as it can be shown.
func excerpt(line string) string { return oneLine(strings.TrimSpace(line), 60) }

// excerptAt is the part of a line around a column.
func excerptAt(line string, column int) string {
	const before = 20
	short := excerpt(line)
	if from := column - 1 - before; from > 0 && short != oneLine(strings.TrimSpace(line), len(line)) {
		if runes := []rune(line); from < len(runes) {
			return "…" + excerpt(string(runes[from:]))
		}
	}
	return short
}

// oneLine is a text of at most so many bytes, without control characters.
func oneLine(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most-3], "") + "…"
	}
	return text
}

func (n *node) fail(format string, args ...any) { n.r.fail(n.at, format, args...) }

// parse reads the YAML of one document, which must be a mapping.
func (r *reader) parse(text string) *node {
	if len(text) > maxText {
		r.fail(nil, "a description of %d bytes; accepted: at most %d", len(text), maxText)
	}
	switch {
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"),
		len(text) > 1 && (text[0] == 0) != (text[1] == 0):
		r.fail(nil, "UTF-16; save it as UTF-8")
	case !utf8.ValidString(text):
		r.fail(nil, "not UTF-8; save it as UTF-8")
	}
	r.lines = strings.Split(text, "\n")
	if nesting(text) > maxNesting {
		r.fail(nil, "lists and mappings more than %d deep", maxNesting)
	}
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			if p.Line <= len(r.lines) && strings.HasPrefix(strings.TrimLeft(r.lines[max(p.Line, 1)-1], " "), "\t") {
				r.fail(p, "a tab; YAML indents with spaces")
			}
			r.fail(p, "not YAML: %s", oneLine(at.GetMessage(), 200))
		}
		r.fail(nil, "not YAML: %s", oneLine(err.Error(), 200))
	}
	if len(file.Docs) != 1 {
		r.fail(nil, "%d YAML documents; accepted: one", len(file.Docs))
	}
	if file.Docs[0].Body == nil {
		r.fail(nil, "an empty description")
	}
	return r.node(file.Docs[0].Body)
}

// nesting is how deep brackets stand in each other. The parser needs time and memory for each level.
func nesting(text string) (deepest int) {
	depth := 0
	for _, c := range []byte(text) {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	return deepest
}

// node takes what stands for something else out of the way: nothing does.
func (r *reader) node(y ast.Node) *node {
	n := &node{r: r, yaml: y}
	if t := y.GetToken(); t != nil {
		n.at = t.Position
	}
	switch y := y.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		n.fail("an anchor or an alias; accepted: plain values")
	case *ast.TagNode, *ast.DirectiveNode:
		n.fail("a tag or a directive; accepted: plain values")
	case *ast.MappingValueNode: // a mapping of one key
		n.yaml = ast.Mapping(y.GetToken(), false, y)
		n.at = y.Key.GetToken().Position
	case *ast.MappingNode:
		if len(y.Values) > 0 && !y.IsFlowStyle {
			n.at = y.Values[0].Key.GetToken().Position
		}
	}
	return n
}

// mapping is what a node maps; every key must be one of those accepted. Keys beyond them are taken
// where more says so.
func (n *node) mapping(what string, more func(key string) bool, accepted ...string) *mapping {
	y, ok := n.yaml.(*ast.MappingNode)
	if !ok {
		n.fail("%s is %s; accepted: keys with values (%s)", what, kindOf(n.yaml), strings.Join(accepted, ", "))
	}
	m := &mapping{what: what, node: n, values: map[string]*node{}}
	for _, v := range y.Values {
		key := v.Key.GetToken()
		if _, plain := v.Key.(*ast.StringNode); !plain || v.Value == nil {
			n.r.fail(key.Position, "a key of %s that is no plain word", what)
		}
		name := key.Value
		if strings.HasSuffix(name, ")") {
			n.r.fail(key.Position,
				"%q by itself; accepted: quotes around a value with a comma, like \"crc32(length, body)\"",
				excerpt(name))
		}
		if !slices.Contains(accepted, name) && (more == nil || !more(name)) {
			n.r.fail(key.Position, "unknown key %q of %s; accepted: %s", excerpt(name), what,
				strings.Join(accepted, ", "))
		}
		if m.values[name] != nil {
			n.r.fail(key.Position, "key %q twice", excerpt(name))
		}
		m.values[name] = n.r.node(v.Value)
		m.keys = append(m.keys, name)
	}
	return m
}

// mapping is a node's keys.
type mapping struct {
	*node
	what   string
	keys   []string
	values map[string]*node
}

// get is the value of a key, nil when there is none.
func (m *mapping) get(key string) *node { return m.values[key] }

// need is the value of a key that must be there.
func (m *mapping) need(key string) *node {
	v := m.values[key]
	if v == nil {
		m.fail("%s has no %q", m.what, key)
	}
	return v
}

// only fails when there is a key that makes no sense beside another.
func (m *mapping) only(beside string, accepted ...string) {
	for _, k := range m.keys {
		if !slices.Contains(accepted, k) {
			m.values[k].fail("%q beside %s; accepted: %s", k, beside, strings.Join(accepted, ", "))
		}
	}
}

// sequence is the nodes of a list.
func (n *node) sequence(what string) []*node {
	y, ok := n.yaml.(*ast.SequenceNode)
	if !ok {
		n.fail("%s is %s; accepted: a list", what, kindOf(n.yaml))
	}
	var all []*node
	for _, v := range y.Values {
		all = append(all, n.r.node(v))
	}
	return all
}

// option is what $NAME stands for, or the node itself.
func (n *node) option() *node {
	s, ok := n.yaml.(*ast.StringNode)
	if !ok || !strings.HasPrefix(s.Value, "$") || s.Token.Type != token.StringType {
		return n
	}
	v := n.r.options[s.Value[1:]]
	if v == nil {
		n.fail("no option %q; accepted: a name under options", excerpt(s.Value[1:]))
	}
	n.r.taken[s.Value[1:]] = true
	return &node{r: n.r, at: n.at, yaml: v.yaml, from: s.Value[1:]}
}

// number is a whole number within limits.
func (n *node) number(what string, least, most int64) int64 {
	v := n.option()
	i, ok := v.yaml.(*ast.IntegerNode)
	if !ok {
		n.fail("%s is %s; accepted: %d to %d", what, kindOf(v.yaml), least, most)
	}
	x, ok := int64Of(i)
	if ok = ok && least <= x && x <= most; !ok && v.from != "" && n.r.given {
		n.r.refuse("option %s=%s of frame %s; accepted: %d to %d", v.from, i.Token.Value, n.r.file, least, most)
	}
	if !ok {
		n.fail("%s %s; accepted: %d to %d", what, i.Token.Value, least, most)
	}
	return x
}

// word is a text in one line.
func (n *node) word(what string) string {
	s, ok := n.option().yaml.(*ast.StringNode)
	if !ok {
		n.fail("%s is %s; accepted: a word", what, kindOf(n.yaml))
	}
	if len(s.Value) > maxWord {
		n.fail("%s of %d bytes; accepted: at most %d", what, len(s.Value), maxWord)
	}
	return s.Value
}

// yes is true or false.
func (n *node) yes(what string) bool {
	b, ok := n.yaml.(*ast.BoolNode)
	if !ok {
		n.fail("%s is %s; accepted: true or false", what, kindOf(n.yaml))
	}
	return b.Value
}

// choice is a word out of some.
func (n *node) choice(what string, accepted ...string) string {
	w := n.word(what)
	if !slices.Contains(accepted, w) {
		n.fail("%s %q; accepted: %s", what, w, strings.Join(accepted, ", "))
	}
	return w
}

// bytes are a text's or a list's, 1 to most; a single number is one byte.
func (n *node) bytes(what string, most int) []byte {
	v := n.option()
	var b []byte
	switch y := v.yaml.(type) {
	case *ast.StringNode:
		if strings.ContainsFunc(y.Value, func(c rune) bool {
			return 0x80 <= c &&
				c <= 0xff
		}) { // "\x89" would be two bytes
			n.fail("%s %s, which is two bytes or one; accepted: a list of bytes", what, kindOf(y))
		}
		if y.Token.Type != token.DoubleQuoteType && strings.Contains(y.Value, `\`) {
			n.fail("%s %s, where a backslash is a byte of its own; "+
				"accepted: double quotes around it, or a list of bytes", what, kindOf(y))
		}
		b = []byte(y.Value)
	case *ast.IntegerNode:
		b = []byte{byte(n.number(what, 0, 255))}
	case *ast.SequenceNode:
		for _, one := range v.sequence(what) {
			b = append(b, byte(one.number("a byte of "+what, 0, 255)))
		}
	default:
		n.fail("%s is %s; accepted: a text, or a list of bytes", what, kindOf(v.yaml))
	}
	if len(b) == 0 || len(b) > most {
		n.fail("%s of %d bytes; accepted: 1 to %d", what, len(b), most)
	}
	return b
}

func int64Of(i *ast.IntegerNode) (int64, bool) {
	switch x := i.Value.(type) {
	case int64:
		return x, true
	case uint64:
		return int64(x), x <= 1<<63-1
	}
	return 0, false
}

// kindOf says what a node is.
func kindOf(y ast.Node) string {
	switch y := y.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("%q", excerpt(y.Value))
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return y.GetToken().Value
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	}
	return "something else"
}
