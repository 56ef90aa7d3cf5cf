package frame

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The text of a description is all that a format is made from. What the command line says (options, the
// login packet) is written into the text first. So Parse makes the same format of Description again, and
// whoever has the text needs no file and no flag.

// Description is the YAML, with the options that were given and the login packet filled in.
func (f *Format) Description() string { return f.text }

// Digest tells two descriptions apart: 16 hex digits of the SHA-256 of Description.
func (f *Format) Digest() string {
	sum := sha256.Sum256([]byte(f.text))
	return hex.EncodeToString(sum[:8])
}

// setting is one KEY=VALUE of the command line.
type setting struct{ key, value string }

// settings reads KEY=VALUE,KEY=VALUE.
func settings(frame, text string) (given []setting, err error) {
	for one := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(one, "=")
		if !ok {
			return nil, fmt.Errorf("option %q of frame %s; accepted: KEY=VALUE", one, frame)
		}
		given = append(given, setting{key, value})
	}
	return given, nil
}

// settings are the options that the command line can give, as it gives them, with the description's values.
func (d *description) settings() string {
	var all []string
	for _, o := range d.options {
		if i, number := o.at.yaml.(*ast.IntegerNode); number {
			all = append(all, o.name+"="+i.Token.Value)
		}
	}
	return strings.Join(all, ",")
}

// Options are the options that --frame can give, with their values: KEY=VALUE,…; empty where there are none.
func (f *Format) Options() string { return f.options }

// withOptions is a description with the values of the command line in place of its own.
func withOptions(name, text string, given []setting) (out string, err error) {
	defer catch(&err)
	r := &reader{file: name}
	r.readOptions(&description{}, r.top(text).get("options"))
	names := "none"
	if len(r.options) > 0 {
		var all []string
		for k := range r.options {
			all = append(all, k)
		}
		slices.Sort(all)
		names = strings.Join(all, ", ")
	}
	var edits []edit
	for i, s := range given {
		old := r.options[s.key]
		if old == nil {
			r.refuse("option %q of frame %s; accepted: %s", s.key, name, names)
		}
		if slices.ContainsFunc(given[:i], func(o setting) bool { return o.key == s.key }) {
			r.refuse("option %q of frame %s twice", s.key, name)
		}
		if _, number := old.yaml.(*ast.IntegerNode); !number {
			r.refuse("option %q of frame %s; only a description can give its value", s.key, name)
		}
		x, err := strconv.ParseInt(s.value, 0, 64)
		if err != nil {
			r.refuse("option %s=%q of frame %s; accepted: a number", s.key, s.value, name)
		}
		layout := "%d"
		if strings.HasPrefix(s.value, "0x") {
			layout = "%#x"
		}
		edits = append(edits, edit{r.offset(old.at), len(old.yaml.GetToken().Value), fmt.Sprintf(layout, x)})
	}
	return apply(text, edits), nil
}

// edit puts something in the place of so many bytes of a text.
type edit struct {
	at, bytes int
	put       string
}

func apply(text string, edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return b.at - a.at })
	for _, e := range edits {
		text = text[:e.at] + e.put + text[e.at+e.bytes:]
	}
	return text
}

// offset is a position in bytes.
func (r *reader) offset(at *token.Position) int {
	n := 0
	for _, line := range r.lines[:at.Line-1] {
		n += len(line) + 1
	}
	column := 1
	for i := range r.lines[at.Line-1] {
		if column == at.Column {
			return n + i
		}
		column++
	}
	return n + len(r.lines[at.Line-1])
}

// WithLogin is the format with the lecture's login packet, which the server sends as soon as it has
// accepted, and which travels like an answer. It fails where the description has a session of its own.
func (f *Format) WithLogin() (*Format, error) {
	text, err := withLogin(f.name, f.text)
	if err != nil {
		return nil, err
	}
	with, err := parse(&reader{file: f.name}, f.spec, text)
	if err != nil {
		return nil, err
	}
	with.login = true
	return with, nil
}

// HasLogin reports whether WithLogin has made the format.
func (f *Format) HasLogin() bool { return f.login }

// LoginValue is the login packet, 8 bytes little-endian.
const LoginValue uint64 = 0x7fffffffffffffff

// withLogin is a description with the login packet as its session, before the key frame or stream.
func withLogin(name, text string) (out string, err error) {
	defer catch(&err)
	r := &reader{file: name}
	d := r.describe(text)
	top := r.top(text)
	if s := top.get("session"); s != nil {
		s.fail("a login packet beside a session; accepted: one of them")
	}
	travels := ""
	for _, f := range d.frame {
		if g, ok := d.answer.given[f.id]; ok {
			travels += f.id + ": " + g.written() + ", "
		}
	}
	y := top.yaml.(*ast.MappingNode)
	i := slices.IndexFunc(y.Values, func(v *ast.MappingValueNode) bool {
		k := v.Key.GetToken().Value
		return k == "frame" || k == "stream"
	})
	at := y.Values[i].Key.GetToken().Position
	after := "\n" + strings.Repeat(" ", at.Column-1)
	if y.IsFlowStyle {
		after = ", "
	}
	step := fmt.Sprintf("session: [{expect: {%sbody: [{id: login, type: u8le, contents: %#x}]}}]", travels,
		LoginValue)
	return apply(text, []edit{{r.offset(at), 0, step + after}}), nil
}

// written is a value that a message gives, as a description says it.
func (f *field) written() string {
	if x, ok := f.num.get(f.bytes); ok && f.kind == isConst {
		return strconv.FormatUint(x, 10)
	}
	return map[kind]string{isClient: "client", isConnection: "connection", isSequence: "sequence",
		isAny: "any"}[f.kind]
}
