package tui

import (
	"github.com/gdamore/tcell/v2"
)

// binding is one key, or a few that belong together, with what it does and what is said about it.
// The help and the last line are drawn from the same table that the keys act by.
type binding struct {
	name   string // as the help shows it
	runes  string // the characters that do it
	keys   []tcell.Key
	hint   string // on the last line; empty: it is not there
	en, ko string
	do     func(u *ui, event *tcell.EventKey)
	has    func(u *ui) bool // whether it has a function in this run; nil: it has
	when   func(u *ui) bool // whether it has one on this page; nil: always
}

// works reports whether the key does anything now.
func (b binding) works(u *ui) bool {
	return (b.has == nil || b.has(u)) && (b.when == nil || b.when(u))
}

// bindings are all the keys there are. A capital letter does the same where it means nothing else:
// the program that users know has S, C and Q.
func bindings() []binding {
	return append(append(verbKeys(), viewKeys()...), programKeys()...)
}

// simple makes the do of a binding whose keys all do the same.
func simple(do func(u *ui)) func(*ui, *tcell.EventKey) {
	return func(u *ui, _ *tcell.EventKey) { do(u) }
}

// verbKeys ask something of the fleet.
func verbKeys() []binding {
	return []binding{
		{name: "s", runes: "sS", hint: "echo", en: "Echo START / STOP", ko: "에코 시작 / 정지",
			do: simple((*ui).toggleEcho)},
		{name: "F5 F6", keys: []tcell.Key{tcell.KeyF5, tcell.KeyF6},
			en: "Echo START, Echo STOP", ko: "시작만, 정지만",
			do: func(u *ui, e *tcell.EventKey) {
				if e.Key() == tcell.KeyF5 {
					u.start()
				} else {
					u.stop()
				}
			}},
		{name: "c", runes: "cC", en: "Disconnect Test on / off",
			ko: "접속 끊기 테스트 켜기 / 끄기", do: simple((*ui).toggleChurn)},
		{name: "k", runes: "k", hint: "close n", en: "close n connections",
			ko: "연결 n개 끊기",
			do: simple((*ui).askClose), when: func(u *ui) bool { return u.table() == nil }},
		{name: "D", runes: "D", en: "disconnect all (asks)", ko: "모두 끊기 (확인)",
			do: simple((*ui).askDisconnectAll)},
		{name: "[ ]", runes: "[]", en: "fewer / more dummies", ko: "더미 줄이기 / 늘리기",
			do: func(u *ui, e *tcell.EventKey) { u.changeClients(e.Rune() == ']') }},
		{name: "{ }", runes: "{}", en: "lower / raise Over Send", ko: "Over Send 내리기 / 올리기",
			do: func(u *ui, e *tcell.EventKey) { u.changeOverSend(e.Rune() == '}') }},
		{name: "e", runes: "e", hint: "settings", en: "settings, and as command line",
			ko: "설정, 같은 실행의 명령줄", do: simple((*ui).openSettings)},
		{name: "p", runes: "pP", en: "probe: the server's frame", ko: "서버의 프레임 찾기",
			do: simple((*ui).probe), has: func(u *ui) bool { return u.o.Probe != nil }},
		{name: "r", runes: "r", en: "reset all counters (asks)",
			ko: "카운터 초기화 (확인)", do: simple((*ui).askReset)},
	}
}

// viewKeys change what is seen and nothing else.
func viewKeys() []binding {
	inList := func(u *ui) bool { return u.table() != nil }
	onMain := func(u *ui) bool { return u.page == 0 }
	plotted := func(u *ui) bool { return u.page <= 1 }
	return []binding{
		{name: "1-6", runes: "123456", en: "pages", ko: "페이지",
			do: func(u *ui, e *tcell.EventKey) { u.goTo(int(e.Rune() - '1')) }},
		{name: "Tab", keys: []tcell.Key{tcell.KeyTab, tcell.KeyBacktab},
			en: "next pane (Shift: previous)", ko: "다음 창 (Shift: 이전)",
			do:   func(u *ui, e *tcell.EventKey) { u.nextPane(e.Key() == tcell.KeyTab) },
			when: onMain},
		{name: "z", runes: "z", en: "this pane alone", ko: "이 창만 크게",
			do: func(u *ui, _ *tcell.EventKey) { u.zoomed = !u.zoomed }, when: onMain},
		{name: "+ - 0", runes: "+=-0", en: "zoom the time axis", ko: "시간 축 확대 / 축소",
			do: func(u *ui, e *tcell.EventKey) { u.zoom(e.Rune()) }, when: plotted},
		{name: "o", runes: "o", en: "log / linear scale", ko: "로그 / 선형 눈금",
			do: func(u *ui, _ *tcell.EventKey) { u.linear = !u.linear }, when: plotted},
		{name: "f", runes: "f", hint: "freeze", en: "freeze the screen", ko: "화면 멈춤",
			do: simple((*ui).toggleFreeze)},
		{name: "/", runes: "/", hint: "filter", en: "filter the list", ko: "목록 거르기",
			do: simple((*ui).askFilter), when: inList},
		{name: "< >", runes: "<>", en: "sort by another column", ko: "다른 열로 정렬",
			do:   func(u *ui, e *tcell.EventKey) { u.table().sortBy(e.Rune() == '>') },
			when: func(u *ui) bool { return inList(u) && u.table().sortable }},
		{name: "i", runes: "i", en: "sort the other way round", ko: "반대로 정렬",
			do:   func(u *ui, _ *tcell.EventKey) { u.table().invert() },
			when: func(u *ui) bool { return inList(u) && u.table().sortable }},
		{name: "arrows", runes: "jkgG", keys: []tcell.Key{tcell.KeyUp, tcell.KeyDown,
			tcell.KeyPgUp, tcell.KeyPgDn, tcell.KeyHome, tcell.KeyEnd},
			en: "move; also j k g G PgUp PgDn", ko: "목록 이동, j k g G PgUp PgDn",
			do: func(u *ui, e *tcell.EventKey) { u.table().move(e) }, when: inList},
		{name: "Enter", keys: []tcell.Key{tcell.KeyEnter}, en: "open: pane or fault",
			ko: "열기: 창, 오류 상세", do: simple((*ui).open)},
		{name: "Esc", keys: []tcell.Key{tcell.KeyEscape}, en: "back", ko: "뒤로",
			do: simple((*ui).back)},
		{name: "l", runes: "l", en: "list unanswered echoes", ko: "답 없는 에코 목록",
			do: func(u *ui, _ *tcell.EventKey) { u.goTo(pageDummies) }},
	}
}

// programKeys are about the program itself.
func programKeys() []binding {
	return []binding{
		{name: "y", runes: "y", hint: "copy", en: "copy the screen (OSC 52)",
			ko: "화면 복사 (OSC 52)",
			do: simple((*ui).copyScreen)},
		{name: "w", runes: "w", hint: "report", en: "write the report to a file",
			ko: "보고서 파일 쓰기", do: simple((*ui).writeReport),
			has: func(u *ui) bool { return u.o.Report != nil }},
		{name: "t", runes: "t", en: "theme", ko: "색 바꾸기",
			do:  simple((*ui).nextTheme),
			has: func(u *ui) bool { return len(u.themes) > 1 }},
		{name: "K", runes: "K", en: "Korean words on / off", ko: "한/영",
			do:  func(u *ui, _ *tcell.EventKey) { u.korean = !u.korean },
			has: func(u *ui) bool { return displaysKorean(u.screen) }},
		{name: "m", runes: "m", en: "mouse on / off",
			ko: "마우스 켜기 / 끄기", do: simple((*ui).toggleMouse)},
		{name: "Ctrl-L", keys: []tcell.Key{tcell.KeyCtrlL}, en: "redraw", ko: "다시 그리기",
			do: func(u *ui, _ *tcell.EventKey) { u.screen.Sync() }},
		{name: "? F1", runes: "?", keys: []tcell.Key{tcell.KeyF1}, hint: "help", en: "this help",
			ko: "도움말", do: func(u *ui, _ *tcell.EventKey) { u.front = &help{} }},
		{name: "q", runes: "q", hint: "quit", en: "quit (asks while echo runs)",
			ko: "끝내기 (에코 중에는 확인)",
			do: func(u *ui, _ *tcell.EventKey) { u.askQuit(false) }},
		{name: "Q", runes: "Q", en: "quit and keep the last screen", ko: "화면을 남기고 끝내기",
			do: func(u *ui, _ *tcell.EventKey) { u.askQuit(true) }},
		{name: "Ctrl-C", en: "drain and quit, twice: at once",
			ko: "비우고 끝내기, 두 번: 바로"},
	}
}

// displaysKorean reports whether the terminal's character set has Hangul.
func displaysKorean(screen tcell.Screen) bool { return isUnicode(screen.CharacterSet()) }

// does reports whether an event is one of the binding's keys.
func (b binding) does(event *tcell.EventKey) bool {
	if event.Key() == tcell.KeyRune {
		for _, r := range b.runes {
			if r == event.Rune() {
				return true
			}
		}
		return false
	}
	for _, k := range b.keys {
		if k == event.Key() {
			return true
		}
	}
	return false
}

// capture takes Ctrl-C before tview does, whatever is in front.
func (u *ui) capture(event *tcell.EventKey) *tcell.EventKey {
	if event.Key() == tcell.KeyCtrlC {
		u.interrupt()
		return nil
	}
	return event
}

// press acts on a key. What lies in front of the page takes it first.
func (u *ui) press(event *tcell.EventKey) {
	if u.front != nil {
		u.front.press(u, event)
		return
	}
	for _, b := range u.keys {
		if b.do != nil && b.does(event) && b.works(u) {
			b.do(u, event)
			return
		}
	}
}
