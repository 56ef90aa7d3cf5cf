package server

import "sync/atomic"

// sendFlag is a session's SendFlag: set while a send is in flight, so that there is at most
// one (R4). Whoever sets it owns the front of SendQ until it is cleared. After a send that
// could not be posted it stays set for ever: nobody sends on that connection again (R14).
type sendFlag struct{ word atomic.Uint32 }

// trySet reports whether it was this call that set the flag.
func (f *sendFlag) trySet() bool { return f.word.CompareAndSwap(0, 1) }

// clear ends a send. SendQ must be looked at again afterwards (R5).
func (f *sendFlag) clear() { f.word.Store(0) }

// isSet is for the audit.
func (f *sendFlag) isSet() bool { return f.word.Load() != 0 }
