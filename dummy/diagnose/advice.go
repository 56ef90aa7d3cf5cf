package diagnose

import "dummyload/monitor"

// onFault says for each fault where to look first. The rules named here are package server's.
var onFault = [monitor.NumFaults]string{
	monitor.Corrupt: "compare want and got. Where a field is named, look at how the server fills that field in; " +
		"payload bytes go wrong where a buffer is sent again from its start after a short send, or is " +
		"changed while the send is in flight",
	monitor.Truncated: "look at how the server cuts frames: one receive may hold part of a frame or " +
		"several",
	monitor.Crossed: "look for a session slot or socket value that is used again while an operation " +
		"of its earlier connection is in flight (rules R11, R12)",
	monitor.Stale: "look for queued sends that outlive their connection: session ids need a " +
		"generation (rule R12)",
	monitor.Reordered: "look for two sends of one session in flight, or a receive posted again before " +
		"its data is queued (rule R4)",
	monitor.Duplicate: "look for a SendQ entry that is sent again: consume it before SendFlag is " +
		"cleared (rule R5)",
	monitor.Missing: "look for packets dropped between receive and SendQ, or consumed without being " +
		"sent",
	monitor.Unsolicited: "look for echoes sent twice or made up, and sends left over from an earlier " +
		"connection",
	monitor.LoginMissing: "the server must send the login packet on accept, or answer the login that --frame " +
		"describes; if it has none, leave out --login",
	monitor.LoginDuplicate: "the server sends the login packet more than once for a connection",
	monitor.ClosedByServer: "look in the server's log for the local address above, and why it closed",
	monitor.ResetByServer: "look in the server's log for the local address above; a close with unread " +
		"data resets",
	monitor.ConnectFailed: "is the server listening, and its backlog long enough? --connect-rate " +
		"slows down",
	monitor.NotReading: "the server stopped posting receives, or waits for its own sends (rule R2)",
	monitor.NotDrained: "look in the server's log for the local addresses above: has it read these echoes, " +
		"has it sent them? One that is slow needs a longer --drain-timeout",
}

// Advice says where to look first, by the name of a fault or of a diagnosis. A diagnosis knows more
// than the faults that it comes from. Advice is empty if there is nothing to say.
func Advice(name string) string {
	if f, ok := monitor.ParseFault(name); ok {
		return onFault[f]
	}
	for i := range table {
		if table[i].name == name {
			return table[i].advice
		}
	}
	return ""
}
