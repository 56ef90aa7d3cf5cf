package seeded

import (
	"errors"
	"fmt"
	"go/types"
	"path/filepath"
	"runtime"
)

// symbol is one of the product's: what the proofs know it by.
type symbol struct {
	pkg, owner, name string // owner is the type of a field or method
	line             string // of the table
}

func (s symbol) String() string {
	if s.owner != "" {
		return s.pkg + "." + s.owner + "." + s.name
	}
	return s.pkg + "." + s.name
}

// in makes a line of the table.
func in(pkg, owner, name string) symbol {
	_, file, line, _ := runtime.Caller(1)
	return symbol{pkg, owner, name, fmt.Sprintf("%s:%d", filepath.Base(file), line)}
}

// Packages of the product.
const (
	connPkg    = "dummyload/dummy/conn"
	dummyPkg   = "dummyload/dummy"
	verifyPkg  = "dummyload/dummy/verify"
	clusterPkg = "dummyload/dummy/cluster"
	serverPkg  = "dummyload/server"
	iocpPkg    = "dummyload/server/iocp"
	sendqPkg   = "dummyload/server/sendq"
	tracePkg   = "dummyload/monitor/trace"
	atomicPkg  = "sync/atomic"
)

// symbols is the one place where the proofs name the product's symbols: what is renamed there is
// renamed in one line here. All else says a symbol by its role, the key.
var symbols = map[string]symbol{
	// The rules: IOCount, SendFlag, the end of a session, its id.
	"open":        in(serverPkg, "ioCount", "open"),
	"up":          in(serverPkg, "ioCount", "up"),
	"down":        in(serverPkg, "ioCount", "down"),
	"tryRelease":  in(serverPkg, "ioCount", "tryRelease"),
	"reset":       in(serverPkg, "ioCount", "reset"),
	"ioNow":       in(serverPkg, "ioCount", "load"),
	"releaseBit":  in(serverPkg, "", "releaseBit"),
	"ioState":     in(serverPkg, "", "ioState"),
	"released":    in(serverPkg, "ioState", "released"),
	"sendFlag":    in(serverPkg, "", "sendFlag"),
	"trySet":      in(serverPkg, "sendFlag", "trySet"),
	"clear":       in(serverPkg, "sendFlag", "clear"),
	"isSet":       in(serverPkg, "sendFlag", "isSet"),
	"firstReason": in(serverPkg, "ending", "first"),
	"loadID":      in(serverPkg, "idWord", "load"),
	"storeID":     in(serverPkg, "idWord", "store"),

	// A session, and the table of all.
	"session":  in(serverPkg, "", "session"),
	"ended":    in(serverPkg, "session", "ended"),
	"sock":     in(serverPkg, "session", "sock"),
	"sendq":    in(serverPkg, "session", "sendq"),
	"io":       in(serverPkg, "session", "io"),
	"end":      in(serverPkg, "session", "end"),
	"slabBits": in(serverPkg, "", "slabBits"),
	"take":     in(serverPkg, "table", "take"),
	"tableAt":  in(serverPkg, "table", "at"),
	"pushSlot": in(serverPkg, "freeList", "push"),
	"popSlot":  in(serverPkg, "freeList", "pop"),

	// What is done to a session.
	"note":         in(serverPkg, "actor", "note"),
	"recvPost":     in(serverPkg, "actor", "recvPost"),
	"sendPost":     in(serverPkg, "actor", "sendPost"),
	"postFailed":   in(serverPkg, "actor", "postFailed"),
	"cancel":       in(serverPkg, "actor", "cancel"),
	"ioDown":       in(serverPkg, "actor", "ioDown"),
	"release":      in(serverPkg, "actor", "release"),
	"hold":         in(serverPkg, "actor", "hold"),
	"disconnectIf": in(serverPkg, "actor", "disconnectIf"),
	"sendPacket":   in(serverPkg, "actor", "SendPacket"),
	"ErrGone":      in(serverPkg, "", "ErrGone"),
	"left":         in(serverPkg, "Handler", "Left"),

	// The workers.
	"batch":        in(serverPkg, "", "batch"),
	"workerRun":    in(serverPkg, "worker", "run"),
	"stopped":      in(serverPkg, "worker", "stopped"),
	"dequeued":     in(serverPkg, "worker", "dequeued"),
	"recvDone":     in(serverPkg, "worker", "recvDone"),
	"received":     in(serverPkg, "worker", "received"),
	"flush":        in(serverPkg, "worker", "flush"),
	"sendDone":     in(serverPkg, "worker", "sendDone"),
	"attach":       in(serverPkg, "worker", "attach"),
	"accepts":      in(serverPkg, "", "acceptsPerWorker"),
	"startAccepts": in(serverPkg, "worker", "startAccepts"),
	"acceptPost":   in(serverPkg, "worker", "acceptPost"),
	"admit":        in(serverPkg, "worker", "admit"),

	// The server.
	"start":        in(serverPkg, "", "Start"),
	"stop":         in(serverPkg, "Server", "Stop"),
	"broken":       in(serverPkg, "Server", "broken"),
	"poll":         in(serverPkg, "", "poll"),
	"startThreads": in(serverPkg, "Server", "startThreads"),
	"thread":       in(serverPkg, "Server", "thread"),
	"stopThreads":  in(serverPkg, "Server", "stopThreads"),
	"threads":      in(serverPkg, "Server", "threads"),
	"serverPort":   in(serverPkg, "Server", "port"),

	// The completion port.
	"newPort":     in(iocpPkg, "", "New"),
	"threadCPU":   in(iocpPkg, "", "ThreadCPU"),
	"transferred": in(iocpPkg, "Entry", "Transferred"),
	"recv":        in(iocpPkg, "Poster", "Recv"),
	"send":        in(iocpPkg, "Poster", "Send"),
	"cancelIO":    in(iocpPkg, "Port", "Cancel"),
	"closeSocket": in(iocpPkg, "Port", "Close"),
	"postEmpty":   in(iocpPkg, "Port", "Post"),

	// SendQ.
	"push":      in(sendqPkg, "Queue", "Push"),
	"any":       in(sendqPkg, "Queue", "Any"),
	"peek":      in(sendqPkg, "Queue", "Peek"),
	"consume":   in(sendqPkg, "Queue", "Consume"),
	"front":     in(sendqPkg, "Queue", "front"),
	"turn":      in(sendqPkg, "", "turn"),
	"blockNext": in(sendqPkg, "Block", "next"),
	"blockSent": in(sendqPkg, "Block", "sent"),
	"unsent":    in(sendqPkg, "Block", "unsent"),
	"takeBlock": in(sendqPkg, "Pool", "Get"),
	"putBlock":  in(sendqPkg, "Pool", "Put"),

	// The trace.
	"record":    in(tracePkg, "Ring", "Record"),
	"tick":      in(tracePkg, "Ring", "Tick"),
	"ringNow":   in(tracePkg, "Ring", "now"),
	"ringBits":  in(tracePkg, "", "ringBits"),
	"Event":     in(tracePkg, "", "Event"),
	"Kind":      in(tracePkg, "Event", "Kind"),
	"Where":     in(tracePkg, "Event", "Where"),
	"ID":        in(tracePkg, "Event", "ID"),
	"IO":        in(tracePkg, "Event", "IO"),
	"N":         in(tracePkg, "Event", "N"),
	"eventName": in(tracePkg, "Event", "Name"),
	"eventWhat": in(tracePkg, "Event", "What"),
	"Nowhere":   in(tracePkg, "", "Nowhere"),
	"RecvPost":  in(tracePkg, "", "RecvPost"),
	"SendPost":  in(tracePkg, "", "SendPost"),
	"Receiving": in(tracePkg, "", "Receive"),
	"Sending":   in(tracePkg, "", "Send"),

	// The dummies.
	"openPort":    in(dummyPkg, "Fleet", "openPort"),
	"collecting":  in(dummyPkg, "Fleet", "collecting"),
	"fleetMu":     in(dummyPkg, "Fleet", "mu"),
	"dummyRun":    in(connPkg, "Engine", "run"),
	"dummyReport": in(dummyPkg, "worker", "report"),
	"dummyMode":   in(dummyPkg, "worker", "mode"),
	"echoing":     in(dummyPkg, "", "echoing"),
	"balance":     in(dummyPkg, "counters", "balance"),
	"inStep":      in(verifyPkg, "Stream", "inStep"),
	"match":       in(verifyPkg, "Pattern", "match"),

	// The child server's end of the pipes.
	"serveParent": in(clusterPkg, "", "Serve"),
	"childStop":   in(clusterPkg, "Server", "Stop"),
	"say":         in(clusterPkg, "parent", "send"),

	// What the product calls of the library, and does so in one way.
	"add32":        in(atomicPkg, "Uint32", "Add"),
	"cas32":        in(atomicPkg, "Uint32", "CompareAndSwap"),
	"cas64":        in(atomicPkg, "Uint64", "CompareAndSwap"),
	"casPointer":   in(atomicPkg, "Pointer", "CompareAndSwap"),
	"store32":      in(atomicPkg, "Uint32", "Store"),
	"poolGet":      in("sync", "Pool", "Get"),
	"poolPut":      in("sync", "Pool", "Put"),
	"timeAfter":    in("time", "", "After"),
	"timeSince":    in("time", "", "Since"),
	"lockThread":   in("runtime", "", "LockOSThread"),
	"unlockThread": in("runtime", "", "UnlockOSThread"),
}

// called is what a role's symbol is called.
func called(role string) string {
	if s, ok := symbols[role]; ok {
		return s.String()
	}
	return fmt.Sprintf("role %q, which no line of symbols.go is for", role)
}

// resolve finds the symbol of a role.
func (p *pkg) resolve(role string) (types.Object, error) {
	s, ok := symbols[role]
	if !ok {
		return nil, errors.New(called(role))
	}
	in, err := p.types, error(nil)
	if s.pkg != p.types.Path() {
		if in, err = p.imports.Import(s.pkg); err != nil {
			return nil, fmt.Errorf("%s: %w", s.line, err)
		}
	}
	outer := s.owner
	if outer == "" {
		outer = s.name
	}
	obj := in.Scope().Lookup(outer)
	if obj != nil && s.owner != "" {
		obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, in, s.name)
	}
	if obj == nil {
		return nil, fmt.Errorf("%s: there is no %v. Whoever renamed it has to say so in that line",
			s.line, s)
	}
	return origin(obj), nil
}
