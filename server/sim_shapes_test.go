package server

// smallShapes are explored exhaustively: every run with at most two preemptions, of workers that
// are alike only the first. Stop takes its ordinary course there.
var smallShapes = []struct {
	what   string
	runs   int // that there are
	faults int // posts that fail and transfers that are short, at most
	shape
}{
	{"connect, FIN", 24_321, 0, shape{settles: true, workers: 2, clients: 1, rounds: 1,
		ends: []simEnd{sendsFin}}},
	{"connect, FIN; meanwhile a SendPacket; one worker", 112_233, 0, shape{settles: true,
		workers: 1, clients: 1, rounds: 1, apps: 1, calls: 1, ends: []simEnd{sendsFin}}},
	{"connect, FIN; one fault", 134_973, 1, shape{settles: true, workers: 2, clients: 1, rounds: 1,
		ends: []simEnd{sendsFin}}},
	{"one echo, FIN; one fault; one worker", 209_623, 1, shape{settles: true, workers: 1,
		clients: 1, rounds: 1, frames: 1, ends: []simEnd{sendsFin}}},
	{"one echo, RST", 107_768, 0, shape{settles: true, workers: 2, clients: 1, rounds: 1,
		frames: 1, ends: []simEnd{sendsReset}}},
	{"one echo, FIN", 367_590, 0, shape{settles: true, workers: 2, clients: 1, rounds: 1,
		frames: 1, ends: []simEnd{sendsFin}}},
	{"two echoes", 451_366, 0, shape{settles: true, workers: 2, clients: 1, rounds: 1, frames: 2,
		ends: []simEnd{staysOpen}}},
	{"login packet; meanwhile a SendPacket", 26_051, 0, shape{settles: true, workers: 1,
		clients: 1, rounds: 1, apps: 1, calls: 1, login: true, ends: []simEnd{staysOpen}}},
	{"one echo; meanwhile a SendPacket", 303_623, 0, shape{settles: true, workers: 1, clients: 1,
		rounds: 1, frames: 1, apps: 1, calls: 1, ends: []simEnd{staysOpen}}},
}
