package iocp

// Class sorts an operation's error into the kinds that mean different things to a user.
type Class uint8

// The classes. Everything that is none of the others is ClassOther.
const (
	ClassNone       Class = iota // no error
	ClassOther                   // any other failure
	ClassReset                   // the peer sent a RST (ECONNRESET, EPIPE after it, WSAECONNRESET)
	ClassRefused                 // nobody listens there (ECONNREFUSED)
	ClassTimeout                 // the connect was not answered (ETIMEDOUT)
	ClassUnreached               // no route (ENETUNREACH, EHOSTUNREACH)
	ClassCanceled                // our own Cancel or Abort
	ClassLocalFD                 // this process or machine is out of descriptors (EMFILE, ENFILE)
	ClassLocalPort               // no local address or port left (EADDRNOTAVAIL, EADDRINUSE)
	ClassLocalOther              // out of memory or buffers here (ENOBUFS, ENOMEM)
)

// Local reports whether the failure is this machine's own limit, never the peer's doing.
func (c Class) Local() bool { return c >= ClassLocalFD }
