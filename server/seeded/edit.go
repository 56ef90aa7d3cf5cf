package seeded

import "fmt"

// Edit is one change of a product's sources. It names what it changes by roles of symbols.go, and
// what happens there by a Place: neither how the source is laid out nor what its locals, receivers
// and files are called matters. It fits in exactly one place, or the build is an error that names
// it.
//
// Code that an edit brings may use package sim, and say, besides Go:
//
//	$recv         the receiver of the function it stands in
//	$p0, $p1, …   that function's parameters
//	$it           what stands at the place now: a statement, for Rewrite an expression
//	$call         the call at the place
//	$on           what the call is a method of, or whose field is set: x in x.f(…) and x.f = …
//	$arg0, …      the call's arguments
//	$out0, …      what the call's results are assigned to
//	@role         the symbol's name, with its package's where that is another one
//
// $call, $on, $arg and $out stand for the product's own text. With @role behind, as in
// $arg1@send, they are those of the function's one call of that symbol. Where several edits
// change one place an earlier one stands around the later.
type Edit struct {
	kind kind
	in   string // the role of the function, or of what is changed
	at   Place
	code string
}

type kind string

const (
	entry     kind = "entry"
	before    kind = "before"
	after     kind = "after"
	instead   kind = "instead"
	rewrite   kind = "rewrite"
	constant  kind = "constant"
	field     kind = "field"
	fieldType kind = "field's type"
	decl      kind = "declaration"
)

// Entry runs code when the function is entered.
func Entry(function, code string) Edit { return Edit{kind: entry, in: function, code: code} }

// Before runs code before the statement of a place.
func Before(function string, at Place, code string) Edit {
	return Edit{before, function, at, code}
}

// After runs code after the statement of a place.
func After(function string, at Place, code string) Edit {
	return Edit{after, function, at, code}
}

// Instead runs code in place of the statement; none drops it.
func Instead(function string, at Place, code string) Edit {
	return Edit{instead, function, at, code}
}

// When runs the statement only if a condition holds.
func When(function string, at Place, condition string) Edit {
	return Instead(function, at, "if "+condition+" {\n$it\n}")
}

// Rewrite puts an expression in place of the call, the comparison or the receive itself.
func Rewrite(function string, at Place, expression string) Edit {
	return Edit{rewrite, function, at, expression}
}

// Const gives a constant another value.
func Const(name, value string) Edit { return Edit{kind: constant, in: name, code: value} }

// Field adds a field to a struct type.
func Field(of, declaration string) Edit { return Edit{kind: field, in: of, code: declaration} }

// FieldType gives a field another type.
func FieldType(name, to string) Edit { return Edit{kind: fieldType, in: name, code: to} }

// Decl adds a declaration to the file in which a symbol is declared.
func Decl(beside, declaration string) Edit {
	return Edit{kind: decl, in: beside, code: declaration}
}

// Place is what happens somewhere in a function, exactly once; function literals in it count.
type Place struct {
	what verb
	role string
}

type verb string

const (
	calls    verb = "calls"
	sets     verb = "sets"
	compares verb = "compares"
	receives verb = "receives from"
)

// Calls is a call of a function or method.
func Calls(role string) Place { return Place{calls, role} }

// Sets is an assignment to a field.
func Sets(role string) Place { return Place{sets, role} }

// Compares is a comparison in which a symbol occurs.
func Compares(role string) Place { return Place{compares, role} }

// Receives is a receive from a channel in a field.
func Receives(role string) Place { return Place{receives, role} }

// String names the edit in errors.
func (e Edit) String() string {
	s := fmt.Sprintf("edit (%s) of %s", e.kind, called(e.in))
	if e.at.role != "" {
		s += fmt.Sprintf(", where it %s %s", e.at.what, called(e.at.role))
	}
	return s
}
