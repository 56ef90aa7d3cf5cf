package monitor

// Diagnosis is what faults add up to: one of the names below, with its evidence in words.
type Diagnosis struct {
	Name        string `json:"name"`
	Connections int    `json:"connections"` // on how many it was seen
	Why         string `json:"why"`
}

// The diagnoses. The rules for them are in package dummy/diagnose. Two kinds are drawn here: those of
// the bundled server's audit (Server.wrongs), and those of a late tester (testerLimits).
const (
	FrameMismatch     = "frame_mismatch" // goes before all others
	IdleTimeout       = "idle_timeout"   // this and the next two only say why connections were closed
	SessionLimit      = "session_limit"
	AgeLimit          = "age_limit"
	ServerGone        = "server_gone"
	ServerStalled     = "server_stalled"
	Recovered         = "recovered" // added to server_stalled when all answer again
	AcceptStalled     = "accept_stalled"
	NeverServed       = "never_served"
	SendWakeupLost    = "send_wakeup_lost"
	SendFlagStuck     = "send_flag_stuck"
	ReceiveNotRearmed = "receive_not_rearmed"
	WorkersLost       = "workers_lost"
	ClosedHealthy     = "closed_healthy"
	SessionReuse      = "session_reuse"
	// HalfCloseUnanswered accuses nobody: it says what became of echoes that were owed when a dummy
	// sent its FIN.
	HalfCloseUnanswered = "half_close_unanswered"
	CloseIgnored        = "close_ignored"
	SessionLeak         = "session_leak" // this and the next five are of the bundled server's audit
	ReleasedTwice       = "released_twice"
	WorkersStuck        = "workers_stuck"
	AcceptsPending      = "accepts_pending"
	ServerFailed        = "server_failed"
	AuditMissing        = "audit_missing"
	MemoryGrowth        = "memory_growth"
	LimitIgnored        = "limit_ignored"
	LocalFDLimit        = "local_fd_limit"
	LocalPortExhausted  = "local_port_exhausted"
	LocalCPUSaturated   = "local_cpu_saturated"
	SendLag             = "send_lag"
)

// Local reports whether the diagnosis is about the tester's own limits. No server is to blame for them.
func (d Diagnosis) Local() bool {
	switch d.Name {
	case LocalFDLimit, LocalPortExhausted, LocalCPUSaturated, SendLag:
		return true
	}
	return false
}

// Accuses reports whether the diagnosis says that the server did wrong. What a server does with answers
// after a client's FIN is a matter of the protocol, and no wrong.
func (d Diagnosis) Accuses() bool { return d.Name != HalfCloseUnanswered && !d.Local() }

// Fails reports whether the diagnosis fails a run by itself. These are wrongs that echoes may not
// show. All other diagnoses come with faults, which are counted and can be allowed.
func (d Diagnosis) Fails() bool {
	switch d.Name {
	case ServerGone, WorkersLost, CloseIgnored, SessionLeak, ReleasedTwice, WorkersStuck,
		AcceptsPending, ServerFailed, AuditMissing, MemoryGrowth, LimitIgnored:
		return true
	}
	return false
}
