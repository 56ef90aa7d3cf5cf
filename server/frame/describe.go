package frame

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
)

// description is what the YAML of a format says, field by field.
type description struct {
	title     string
	stream    bool
	options   []option
	frame     []field
	process   *process
	request   message
	answer    message
	session   []step
	heartbeat *heartbeat
	ignore    []message
}

// option is a number or some bytes that --frame NAME:KEY=VALUE sets.
type option struct {
	name string
	at   *node
}

// kind is what a field holds.
type kind uint8

const (
	isConst      kind = iota // always the same bytes
	isGiven                  // in a frame only: each message gives its value
	isLength                 // how long the frame is, or a part of it
	isRandom                 // any value in an answer
	isClient                 // the dummy's number, from 0
	isConnection             // which connection of that dummy, from 1
	isSequence               // which echo of that connection, from 1
	isSum                    // a checksum
	isBody                   // in a frame only: the body
	isPayload                // in a body only: the payload
	isAny                    // bytes that nobody looks at
	isRest                   // as many of them as there are
)

// field is one of a frame or of a body, in the order of the wire.
type field struct {
	at      *node
	id      string
	kind    kind
	size    int // bytes on the wire; 0 for body, payload and rest
	num     numeral
	bytes   []byte  // of a constant
	counts  counted // of a length
	plus    int64   // added to what is counted
	sum     sumSpec
	end     []byte // of a body: what ends it in place of a length
	first   int    // of a payload: only so many of its bytes come back
	packets bool   // a sequence that counts every packet, not only echoes
}

// counted is what a length counts.
type counted uint8

const (
	countsBody  counted = iota
	countsRest          // what follows the length
	countsFrame         // all of the frame
)

// message is what a packet of one kind consists of.
type message struct {
	at    *node
	what  string // in an error
	body  []field
	given map[string]field // the values of the frame's isGiven fields
}

// step is one of a session before its first echo.
type step struct {
	message
	send bool // by the dummy; otherwise expected from the server
}

// heartbeat is what a dummy sends from time to time.
type heartbeat struct {
	message
	every time.Duration
}

// process is the cipher, from a field to the end of the frame.
type process struct {
	at     *node
	chain  bool   // netchain; otherwise xor
	key    []byte // of xor: repeated; of netchain: one byte
	random string // netchain: the field with the sender's random byte
	from   string // the first field that it changes
}

// sumSpec is a checksum: of what, and over what.
type sumSpec struct {
	fn       string
	at       *node
	over     []string // ids of fields, "body" among them
	ciphered bool     // over the bytes as they travel, after process
}

// The keys of a description, of its fields and of its messages.
var (
	topKeys = []string{"title", "options", "stream", "frame", "process", "request", "answer", "session",
		"heartbeat", "ignore"}
	fieldKeys = []string{"id", "type", "size", "pad", "contents", "value", "counts", "plus", "over", "fill",
		"any", "rest", "first", "terminator"}
)

// describe reads a description.
func (r *reader) describe(text string) *description {
	top := r.top(text)
	d := &description{}
	if n := top.get("title"); n != nil {
		d.title = n.word("title")
		if strings.ContainsFunc(d.title, unicode.IsControl) {
			n.fail("a title of more than one line")
		}
	}
	r.readOptions(d, top.get("options"))
	if n := top.get("stream"); n != nil {
		d.stream = n.yes("stream")
	}
	if n := top.get("frame"); n != nil {
		if d.stream {
			n.fail("a frame beside stream: true; accepted: one of them")
		}
		for _, f := range n.sequence("frame") {
			one := r.field(f, true)
			if one.id != "" && slices.ContainsFunc(d.frame, func(o field) bool { return o.id == one.id }) {
				f.fail("id %q twice", one.id)
			}
			d.frame = append(d.frame, one)
		}
	} else if !d.stream {
		top.fail("neither frame nor stream: true; accepted: one of them")
	}
	if n := top.get("process"); n != nil {
		d.process = r.process(n)
	}
	plain := message{at: top.node, body: []field{{at: top.node, id: "payload", kind: isPayload}}}
	d.request, d.answer = plain, plain
	for _, key := range []string{"request", "answer"} {
		if n := top.get(key); n != nil && d.stream {
			n.fail("%s beside stream: true; accepted: in a frame", key)
		}
	}
	if n := top.get("request"); n != nil {
		d.request = r.message(d, n, "request")
	}
	if n := top.get("answer"); n != nil {
		d.answer = r.message(d, n, "answer")
	}
	if n := top.get("session"); n != nil {
		for i, s := range n.sequence("session") {
			if i == MaxSteps {
				s.fail("a session of more than %d steps", MaxSteps)
			}
			d.session = append(d.session, r.step(d, s))
		}
	}
	if n := top.get("heartbeat"); n != nil {
		d.heartbeat = r.heartbeat(d, n)
	}
	if n := top.get("ignore"); n != nil {
		for _, m := range n.sequence("ignore") {
			d.ignore = append(d.ignore, r.message(d, m, "a packet to ignore"))
		}
	}
	for _, o := range d.options {
		if !r.taken[o.name] {
			o.at.fail("option %q is used nowhere", excerpt(o.name))
		}
	}
	return d
}

// top is the keys of the whole.
func (r *reader) top(text string) *mapping {
	return r.parse(text).mapping("the description", nil, topKeys...)
}

// readOptions notes the options.
func (r *reader) readOptions(d *description, n *node) {
	r.options, r.taken = map[string]*node{}, map[string]bool{}
	if n == nil {
		return
	}
	m := n.mapping("options", func(string) bool { return true }, "a name for each")
	for _, k := range m.keys {
		v := m.get(k)
		switch v.yaml.(type) {
		case *ast.IntegerNode, *ast.StringNode, *ast.SequenceNode:
		default:
			v.fail("option %q is %s; accepted: a number, a text or a list of bytes", excerpt(k), kindOf(v.yaml))
		}
		r.options[k] = v
		d.options = append(d.options, option{k, v})
	}
}

// step reads "send: …" or "expect: …".
func (r *reader) step(d *description, n *node) step {
	m := n.mapping("a step of the session", nil, "send", "expect")
	if len(m.keys) != 1 {
		n.fail("%d keys in one step; accepted: send or expect", len(m.keys))
	}
	key := m.keys[0]
	return step{r.message(d, m.get(key), key), key == "send"}
}

// heartbeat reads "every: 30s" and "send: …".
func (r *reader) heartbeat(d *description, n *node) *heartbeat {
	m := n.mapping("heartbeat", nil, "every", "send")
	text := kindOf(m.need("every").yaml)
	if s, ok := m.get("every").yaml.(*ast.StringNode); ok {
		text = s.Value
	}
	every, err := time.ParseDuration(text)
	if err != nil || every < 10*time.Millisecond || every > 24*time.Hour {
		m.get("every").fail("every %s; accepted: a time with its unit, 10ms to 24h", kindOf(m.get("every").yaml))
	}
	return &heartbeat{r.message(d, m.need("send"), "send"), every}
}

// message reads what a packet consists of: its body, and the values of the frame's fields that have
// none of their own.
func (r *reader) message(d *description, n *node, what string) message {
	givenTo := map[string]field{}
	accepted := []string{"body"}
	for _, f := range d.frame {
		if f.kind == isGiven {
			givenTo[f.id] = f
			accepted = append(accepted, f.id)
		}
	}
	m := n.mapping(what, nil, accepted...)
	msg := message{at: n, what: what, given: map[string]field{}}
	for _, f := range m.need("body").sequence("body") {
		msg.body = append(msg.body, r.field(f, false))
	}
	for id, f := range givenTo {
		v := m.get(id)
		if v == nil {
			n.fail("%s has no value for the frame's field %q", what, id)
		}
		f.at = v
		if s, word := v.option().yaml.(*ast.StringNode); word {
			f.kind = valueKind(v, f.id, s.Value, "a number", "client", "connection", "sequence", "any")
		} else {
			f.kind = isConst
			f.bytes = f.num.bytes(v, f.size, f.id)
		}
		msg.given[id] = f
	}
	return msg
}

// process reads netchain or xor.
func (r *reader) process(n *node) *process {
	m := n.mapping("process", nil, "netchain", "xor")
	if len(m.keys) != 1 {
		n.fail("%d ciphers; accepted: one of netchain, xor", len(m.keys))
	}
	p := &process{at: n, chain: m.keys[0] == "netchain"}
	if p.chain {
		m = m.get("netchain").mapping("netchain", nil, "key", "random", "from")
		p.key = []byte{byte(m.need("key").number("key", 0, 255))}
		p.random = m.need("random").word("random")
	} else {
		m = m.get("xor").mapping("xor", nil, "key", "from")
		p.key = m.need("key").bytes("key", 256)
	}
	p.from = m.need("from").word("from")
	return p
}

// valueKind is what a field's value names. what is the field, or its key, in an error.
func valueKind(n *node, what, word string, accepted ...string) kind {
	if !slices.Contains(accepted, word) || word == "a number" {
		n.fail("%s %q; accepted: %s", what, word, strings.Join(accepted, ", "))
	}
	return map[string]kind{"client": isClient, "connection": isConnection, "sequence": isSequence,
		"random": isRandom, "any": isAny}[word]
}
