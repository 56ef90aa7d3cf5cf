package tui

import (
	"fmt"
	"strconv"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"dummyload/dummy"
)

// settings is the form of what can be changed while the fleet runs. It shows the command line of
// a run that is the same, so that what was found by hand can be put into a script.
type settings struct {
	form   *tview.Form
	fields [4]*tview.InputField
}

// The fields of the form.
const (
	fieldClients = iota
	fieldOverSend
	fieldRate
	fieldChurn
)

func (u *ui) openSettings() {
	clients, overSend, rate, churn := u.load()
	s := &settings{form: tview.NewForm()}
	for i, f := range []struct {
		label, value string
		accept       func(rune) bool
	}{
		{"Dummies (Client Count)", strconv.Itoa(clients), isDigit},
		{"Over Send (OverSendCount)", strconv.Itoa(overSend), isDigit},
		{"Rate, echoes/s (0: closed loop)", number(rate), isNumeral},
		{"Disconnect Test, connections/s", number(churn), isNumeral},
	} {
		field := tview.NewInputField().SetLabel(f.label + "  ").SetText(f.value).SetFieldWidth(14)
		field.SetAcceptanceFunc(only(f.accept))
		s.fields[i] = field
		s.form.AddFormItem(field)
	}
	closeForm := func() { u.front, u.child = nil, nil }
	s.form.AddButton(tview.Escape("[ Apply ]"), func() {
		if t, err := s.tuning(); err == nil { // or else draw says what is wrong
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

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// tuning is what the fields say; an error names the field, the value and what is accepted.
func (s *settings) tuning() (dummy.Tuning, error) {
	var t dummy.Tuning
	clients, err := s.whole(fieldClients, "Dummies", dummy.MaxClients)
	if err != nil {
		return t, err
	}
	overSend, err := s.whole(fieldOverSend, "Over Send", dummy.MaxOverSend)
	if err != nil {
		return t, err
	}
	rate, err := s.perSecond(fieldRate, "Rate")
	if err != nil {
		return t, err
	}
	churn, err := s.perSecond(fieldChurn, "Disconnect Test")
	if err != nil {
		return t, err
	}
	return dummy.Tuning{Clients: &clients, OverSend: &overSend, Rate: &rate, Churn: &churn}, nil
}

func (s *settings) whole(field int, name string, limit int) (int, error) {
	text := s.fields[field].GetText()
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > limit {
		return 0, fmt.Errorf("%s: %q is not from 1 to %s", name, text, count(limit))
	}
	return n, nil
}

func (s *settings) perSecond(field int, name string) (float64, error) {
	text := s.fields[field].GetText()
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 {
		return 0, fmt.Errorf("%s: %q is not a number from 0", name, text)
	}
	return f, nil
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
