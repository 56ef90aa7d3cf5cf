package tui

import (
	"fmt"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"dummyload/dummy"
)

// settings is the form for what can be changed while the fleet runs. It shows the command line that
// repeats the run without a screen.
type settings struct {
	form   *tview.Form
	fields []setting
}

// setting is the field of one knob.
type setting struct {
	*dummy.Knob
	input *tview.InputField
}

func (u *ui) openSettings() {
	load := u.load()
	s := &settings{form: tview.NewForm()}
	for _, k := range dummy.Knobs() {
		if !k.Tunable() {
			continue
		}
		accept := isNumeral
		if k.Kind() == "N" {
			accept = isDigit
		}
		input := tview.NewInputField().SetLabel(k.Title + k.Note + "  ").SetText(k.Format(load[k.Name]))
		input.SetFieldWidth(14).SetAcceptanceFunc(only(accept))
		s.fields = append(s.fields, setting{k, input})
		s.form.AddFormItem(input)
	}
	closeForm := func() { u.front, u.child = nil, nil }
	s.form.AddButton(tview.Escape("[ Apply ]"), func() {
		if t, err := s.tuning(); err == nil { // draw says what is wrong
			closeForm()
			u.tune(t, "settings given")
		}
	})
	s.form.AddButton(tview.Escape("[ Cancel ]"), closeForm).SetCancelFunc(closeForm)
	s.form.SetItemPadding(0).SetBorderPadding(0, 0, 1, 1)
	s.form.SetLabelColor(tcell.ColorDefault).SetFieldStyle(u.look.selected)
	s.form.SetButtonStyle(u.look.key).SetButtonActivatedStyle(u.look.selected)
	u.front, u.child = s, s.form
}

// tuning is what the fields say. The error names the field, the value and what is accepted.
func (s *settings) tuning() (dummy.Tuning, error) {
	t := dummy.Tuning{}
	for _, f := range s.fields {
		text := f.input.GetText()
		v, err := f.Parse(text)
		switch {
		case err == nil:
			t[f.Name] = v
		case f.Kind() == "N":
			return nil, fmt.Errorf("%s: %q is not from %.0f to %s", f.Title, text, f.Min, count(int(f.Max)))
		default:
			return nil, fmt.Errorf("%s: %q is not a number from %.0f to %.0e", f.Title, text, f.Min, f.Max)
		}
	}
	return t, nil
}

func (s *settings) draw(u *ui, c canvas) {
	in := u.window(c, 76, 15, "Settings", "Tab next  Enter presses  Esc closes")
	s.form.SetRect(in.x, in.y, in.w, 7)
	s.form.Draw(in.screen)
	t, err := s.tuning()
	if err != nil {
		in.fit(1, 7, in.w-2, u.look.bad, err.Error())
		return
	}
	if u.o.Command == nil {
		return
	}
	in.text(1, 8, u.look.dim, "the same run without a screen:")
	for i, l := range c.wrap(u.o.Command(t), in.w-2) {
		in.text(1, 9+i, u.look.text, l)
	}
}

// press does nothing: the form has the keys.
func (s *settings) press(*ui, *tcell.EventKey) {}
