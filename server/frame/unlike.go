package frame

// What only a server does that is not as described.

// Declared is how many bytes the frame has that b begins, by its own length, whatever the limits are: at
// least those that b must have to tell. known is false where b has fewer, and where no length tells.
func (f *Format) Declared(b []byte) (total uint64, known bool) {
	c := &f.cut
	if f.Stream || c.end != nil || len(b) < c.head {
		return 0, false
	}
	x, known := c.num.get(b[c.off : c.off+c.size])
	return uint64(max(int64(min(x, 1<<62))+int64(c.bias), int64(c.head))), known
}

// WithoutSession is the format of a server that knows nothing of what comes before the first echo.
func (f *Format) WithoutSession() *Format {
	bare := *f
	bare.Session = nil
	bare.server.steps = nil
	return &bare
}
