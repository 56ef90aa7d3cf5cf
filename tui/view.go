package tui

// The pages by their keys, less one.
const (
	pageMain = iota
	pageRTT
	pageDummies
	pageFaults
	pageLog
	pageAll
)

// pages are what the keys 1 to 6 and the tabs show.
var pages = [...]struct {
	name, ko string
	draw     func(*ui, canvas)
}{
	pageMain:    {"Main", "메인", (*ui).drawMain},
	pageRTT:     {"RTT", "지연", (*ui).drawRTTPage},
	pageDummies: {"Dummies", "더미", (*ui).drawDummies},
	pageFaults:  {"Faults", "오류", (*ui).drawFaults},
	pageLog:     {"Log", "기록", (*ui).drawLog},
	pageAll:     {"All", "전체", (*ui).drawAll},
}

func (u *ui) goTo(page int) { u.page, u.zoomed = page, false }

// table is the list that the page consists of; nil on a page without one.
func (u *ui) table() *table {
	switch u.page {
	case pageDummies:
		return &u.owed
	case pageFaults:
		return &u.faults
	case pageLog:
		return &u.log
	case pageAll:
		return &u.all
	}
	return nil
}

// nextPane moves the focus of the main page.
func (u *ui) nextPane(forward bool) {
	at := 0
	for i, name := range mainPanes {
		if name == u.pane {
			at = i
		}
	}
	n := len(mainPanes)
	for range n { // past the panes that this screen has no room for
		if forward {
			at = (at + 1) % n
		} else {
			at = (at + n - 1) % n
		}
		u.pane = mainPanes[at]
		if u.zoomed || u.visible[u.pane] {
			return
		}
	}
}

// zoom changes the time that the plots cover.
func (u *ui) zoom(key rune) {
	switch key {
	case '+', '=':
		u.span = max(u.span-1, 0)
	case '-':
		u.span = min(u.span+1, len(spans)-1)
	default:
		u.span = defaultSpan
	}
}

// open goes to where there is more about the pane or the line that has the focus.
func (u *ui) open() {
	switch u.page {
	case pageMain:
		u.goTo(paneLeadsTo[u.pane])
	case pageFaults:
		u.openEvidence()
	}
}

// back undoes one thing: the filter, the zoomed pane, the page.
func (u *ui) back() {
	if t := u.table(); t != nil && t.filter != "" {
		t.setFilter("")
		return
	}
	if u.page == pageMain {
		u.zoomed = false
		return
	}
	u.goTo(pageMain)
}

// askFilter lets text be typed that the lines of the list must hold.
func (u *ui) askFilter() {
	t := u.table()
	u.prompt("Show lines with: ", t.filter, isPrintable, t.setFilter)
}
