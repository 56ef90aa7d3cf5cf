package server

// smallShapes are explored exhaustively.
var smallShapes = []struct {
	what string
	shape
}{
	{"one echo, then FIN", shape{workers: 2, clients: 1, rounds: 1, frames: 1,
		ends: []simEnd{sendsFin}}},
}
