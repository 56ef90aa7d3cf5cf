package trace

// Kind says what happened. Besides the session, a record has two numbers: io is the session's
// IOCount after the event, and n depends on the kind. Things that always happen together are one
// record. Each event that the rules name can be found in the records:
//
//	every IOCount++   Accept, RecvPost, SendPost, SendPacket, Disconnect
//	every IOCount--   IODown (where = who held it)
//	SendFlag set      SendPost; FlagIdle
//	SendFlag cleared  FlagClear; FlagIdle
//	every post        RecvPost, SendPost, AcceptPost; one that failed adds PostFailed
//	every completion  Accept or AcceptFailed, RecvDone, SendDone, Stop
//	every release     Release (where = whose IODown made it 0), after Peer
//
// The dummies have a log of their own, with one record for each post and each completion. There, id
// is the dummy and its connection, and io is how many of its operations are in flight. Its Peer
// record has the dummy's own address, which is that of the session's peer.
type Kind uint8

// The kinds.
const (
	None          Kind = iota
	AcceptPost         // an Accept is posted on the listener
	Accept             // a session begins; io is the accept's own reference (R13)
	AcceptFailed       // an Accept completed without a connection
	Refused            // the table is full; n is the socket that was closed at once
	RecvPost           // IOCount raised, then WSARecv called (R1)
	SendPost           // SendFlag set, IOCount raised, then WSASend called; n bytes asked (R1, R4)
	RecvDone           // n is transferred
	SendDone           // n is transferred
	FlagClear          // SendFlag cleared; n bytes were in SendQ when the worker looked again (R5)
	FlagIdle           // SendFlag set, nothing left to send, SendFlag cleared
	PostFailed         // the post just recorded failed at once; where says which (R14)
	SendPacket         // IOCount raised by SendPacket; n bytes are to be queued (R12)
	Disconnect         // IOCount raised by Disconnect (R12)
	Cancel             // the connection was ended; n is the reason (R6, R11)
	IODown             // IOCount lowered; where says whose reference it was (R2)
	Release            // that lowering made it 0 (R3); n is the reason
	Stop               // a nil Overlapped: this worker ends (R7)
	Peer               // the peer of a connection that is about to end: io and n are its PeerKey
	Dial               // of a dummy, as are all that follow: Connect is posted
	Connected          // it succeeded
	ConnectFailed      // it did not
	Fault              // a fault was found; n is its number
	FIN                // the dummy ended its sending side
	Ended              // the received stream ended: FIN or RST by the server
	Dying              // the connection is given up: Cancel, or Abort for a RST
	numKinds
)

var kinds = [numKinds]struct{ name, number string }{
	None:         {"None", ""},
	AcceptPost:   {"AcceptPost", ""},
	Accept:       {"Accept", "socket"},
	AcceptFailed: {"AcceptFailed", ""},
	Refused:      {"Refused", "socket"},
	RecvPost:     {"RecvPost", ""},
	SendPost:     {"SendPost", "bytes"},
	RecvDone:     {"RecvDone", "transferred"},
	SendDone:     {"SendDone", "transferred"},
	FlagClear:    {"FlagClear", "queued"},
	FlagIdle:     {"FlagIdle", ""},
	PostFailed:   {"PostFailed", ""},
	SendPacket:   {"SendPacket", "bytes"},
	Disconnect:   {"Disconnect", ""},
	Cancel:       {"Cancel", "reason"},
	IODown:       {"IODown", ""},
	Release:      {"Release", "reason"},
	Stop:         {"Stop", ""},
	Peer:         {"Peer", ""},

	Dial:          {"Dial", ""},
	Connected:     {"Connected", ""},
	ConnectFailed: {"ConnectFailed", ""},
	Fault:         {"Fault", "fault"},
	FIN:           {"FIN", ""},
	Ended:         {"Ended", ""},
	Dying:         {"Dying", ""},
}

// String is the kind's name in a dump.
func (k Kind) String() string { return kinds[k].name }

// Where says in which part of the code a reference was given up or a post failed.
type Where uint8

// The places.
const (
	Nowhere       Where = iota
	Receive             // bottom of the worker after a receive completion
	Send                // bottom of the worker after a send completion
	Accepting           // end of the accept (R13)
	Packet              // end of a SendPacket (R12)
	Disconnecting       // end of a Disconnect (R12)
	FailedPost          // a WSARecv or WSASend that failed at once (R2, R14)
	numWheres
)

var wheres = [numWheres]string{"", "receive", "send", "accept", "packet", "disconnect",
	"failed post"}

// String is the place's name in a dump; empty for Nowhere.
func (w Where) String() string { return wheres[w] }
