package iocp

import (
	"sync/atomic"

	"golang.org/x/sys/windows"
)

// errEnded fails a post on a socket after Cancel or Abort, as shutdown does.
const errEnded = windows.WSAESHUTDOWN

// endedSet marks the handle values that Cancel or Abort has been called for, one bit each:
//
//	handle value  31      26 25         17 16          7 6        2 1 0
//	             │ 0 ...    │ page (9)    │ word (10)   │ bit (5)  │ 0 │
//
// Windows hands out multiples of 4, and at most 2^24 handles to a process. A page (4 KiB) is
// made when its first mark is set and stays. All methods are safe for use by any goroutine.
type endedSet struct {
	pages [endedPages]atomic.Pointer[endedPage]
}

type endedPage [endedWords]atomic.Uint32

const (
	endedPages = 1 << 9
	endedWords = 1 << 10
	endedMax   = Socket(endedPages*endedWords*32*4 - 1)
)

func (e *endedSet) set(s Socket) {
	if s > endedMax {
		return
	}
	page := &e.pages[s>>17]
	if page.Load() == nil {
		page.CompareAndSwap(nil, new(endedPage))
	}
	page.Load()[s>>7%endedWords].Or(1 << (s >> 2 % 32))
}

func (e *endedSet) clear(s Socket) {
	if w := e.word(s); w != nil {
		w.And(^(uint32(1) << (s >> 2 % 32)))
	}
}

func (e *endedSet) has(s Socket) bool {
	w := e.word(s)
	return w != nil && w.Load()>>(s>>2%32)&1 == 1
}

// word is nil where nothing has been marked yet, and for what cannot be a handle.
func (e *endedSet) word(s Socket) *atomic.Uint32 {
	if s > endedMax {
		return nil
	}
	page := e.pages[s>>17].Load()
	if page == nil {
		return nil
	}
	return &page[s>>7%endedWords]
}
