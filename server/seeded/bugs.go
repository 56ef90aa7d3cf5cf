package seeded

// Bug is one seeded bug: a variant of the core with one rule broken.
type Bug struct {
	Number int // the N of MNN, and sim.Variant where it is on
	What   string
	// Dies lists what the simulation of the server alone may be broken by: any, nothing else.
	Dies  []string
	Edits []Edit
}

// The variants that are not bugs, and one that needs to know what closesocket does.
const (
	ClosesAtOnce = 20
	// ClosesLocked is the other right way: closesocket at once, with the session's lock held
	// over it and over every post.
	ClosesLocked = 24
)

// lifetime is what a bug in holding and releasing sessions is broken by: assertions of the
// server, of the port, and of what the server leaves in its trace.
var lifetime = []string{
	"a completion for a released session",
	"IOCount below zero",
	"released twice, or without having ended",
	"by somebody who holds no reference",
	"released by a failed post",
	"closesocket of handle", "closesocket with I/O in flight",
	"left twice", "never accepted",
	"sendq: bytes left uncounted at close", "sendq: more consumed",
	"another session's socket",
}

// stream is what a bug in sending is broken by: at the client, or in SendQ.
var stream = []string{
	"wrong bytes", "Wait Echo Count", "a push was lost", "two handlers", "two sends in flight",
	"sendq: bytes left uncounted at close", "sendq: more consumed",
}

// Bugs are all the seeded bugs, M01 to M23, and the other right way.
var Bugs = []Bug{
	{1, "IOCount++ after WSARecv", lifetime, []Edit{
		Before("recvPost", Calls("up"), `if sim.Variant == 1 {
			err := $call@recv
			$recv.@note(@RecvPost, @Nowhere, $p0, $call, 0)
			if err != nil {
				$recv.@postFailed($p0, @Receiving)
			}
			return
		}`)}},
	{2, "IOCount++ after WSASend", lifetime, []Edit{
		Before("sendPost", Calls("up"), `if sim.Variant == 2 {
			err := $call@send
			$recv.@note(@SendPost, @Nowhere, $p0, $call, len($arg1@send))
			if err != nil {
				$recv.@postFailed($p0, @Sending)
			}
			return
		}`)}},
	{3, "no SendQ re-check on send completion", stream, []Edit{
		When("sendDone", Calls("sendPost"), `sim.Variant != 3`)}},
	{4, "SendFlag cleared after the check", stream, []Edit{
		Before("sendDone", Calls("clear"), `if sim.Variant == 4 && !$p0.@sendq.@any() {
			$call
			return
		}`)}},
	{5, "release on a second read of 0", lifetime, []Edit{
		Before("ioDown", Calls("tryRelease"), `if sim.Variant == 5 {
			sim.Point("before the second read")
			if $on.@ioNow() == 0 {
				sim.Point("after the second read")
				$on.@reset()
				$call@release
			}
			return
		}`)}},
	{6, "release on transferred 0", lifetime, []Edit{
		After("workerRun", Calls("cancel"), `if sim.Variant == 6 {
			$out0@dequeued.@io.@reset()
			$recv.@release($out0@dequeued, $out1@dequeued)
			continue
		}`)}},
	{7, "no decrement when a post fails", []string{"not released"}, []Edit{
		When("postFailed", Calls("ioDown"), `sim.Variant != 7`)}},
	{8, "what was asked is consumed, not what was transferred", stream, []Edit{
		Before("consume", Sets("blockSent"), `if sim.Variant == 8 {
			$p0 = len($on.@unsent())
		}`)}},
	{9, "SendFlag tested, then set", stream, []Edit{
		Before("trySet", Calls("cas32"), `if sim.Variant == 9 {
			if $recv.@isSet() {
				return false
			}
			sim.Point("between test and set")
			$on.Store(1)
			return true
		}`)}},
	{10, "SendPacket without its own hold", append(lifetime, stream...), []Edit{
		Before("hold", Calls("up"), `if sim.Variant == 10 {
			if $on.@ioNow().@released() || $call@loadID != $p0 {
				return nil
			}
			return $out0@tableAt
		}`),
		When("sendPacket", Calls("ioDown"), `sim.Variant != 10`),
		When("disconnectIf", Calls("ioDown"), `sim.Variant != 10`)}},
	{11, "no RELEASE bit: 0 to 1 is possible", lifetime, []Edit{
		Before("tryRelease", Calls("cas32"), `if sim.Variant == 11 {
			return true
		}`),
		When("reset", Calls("store32"), `sim.Variant != 11`),
		Before("open", Calls("add32"), `if sim.Variant == 11 {
			return @ioState($on.Add(1))
		}`)}},
	{12, "the worker exits on transferred 0", []string{"worker ended"}, []Edit{
		Before("workerRun", Calls("cancel"), `if sim.Variant == 12 {
			$recv.@stopped = true
		}`)}},
	{13, "decrement before the re-post", lifetime, []Edit{
		After("workerRun", Calls("dequeued"), `if sim.Variant == 13 {
			$call@ioDown
		}`),
		When("workerRun", Calls("ioDown"), `sim.Variant != 13`)}},
	{14, "no check of the session's id", []string{"wrong bytes", "ended without cause"}, []Edit{
		Rewrite("hold", Compares("loadID"), `$it && sim.Variant != 14`)}},
	{15, "SendQ without a lock", append(stream, "livelock"), []Edit{
		Before("push", Calls("casPointer"), `if sim.Variant == 15 {
			$on.Store($arg1)
			return true
		}`)}},
	{16, "RecvPost before the data is queued", stream, []Edit{
		Before("recvDone", Calls("received"), `if sim.Variant == 16 {
			$call@recvPost
			$call
			$call@flush
			return
		}`)}},
	{17, "no decrement on transferred 0", []string{"not released", "release audit"}, []Edit{
		When("workerRun", Calls("ioDown"), `sim.Variant != 17 || $arg0@dequeued.@transferred != 0`)}},
	{18, "a post that failed does not disconnect",
		[]string{"not released", "without having ended"}, []Edit{
			When("postFailed", Calls("cancel"), `sim.Variant != 18`)}},
	{19, "accept without a reference", lifetime, []Edit{
		Before("open", Calls("add32"), `if sim.Variant == 19 {
			return @ioState($on.Add(@releaseBit))
		}`),
		When("admit", Calls("ioDown"), `sim.Variant != 19`)}},
	{20, "closesocket on transferred 0", []string{"another session's"}, []Edit{
		Before("cancel", Calls("cancelIO"), `if sim.Variant == 20 {
			$on.@closeSocket($arg0)
			return
		}`),
		When("release", Calls("closeSocket"), `sim.Variant != 20`)}},
	{21, "transferred 0 is ignored", []string{"livelock"}, []Edit{
		Rewrite("workerRun", Compares("transferred"), `$it && sim.Variant != 21`)}},
	{22, "one order to stop for N workers", []string{"did not obey"}, []Edit{
		After("stopThreads", Calls("postEmpty"), `if sim.Variant == 22 {
			break
		}`)}},
	{23, "SendFlag cleared before SendQ is consumed", stream, []Edit{
		Before("sendDone", Calls("consume"), `if sim.Variant == 23 {
			$call@clear
			$call
			$call@sendPost
			return
		}`)}},
	{ClosesLocked, "right: closesocket at once under the session's lock", nil, []Edit{
		Field("session", `lock sim.Mutex`),
		Entry("cancel", `if sim.Variant == 24 {
			$p0.lock.Lock()
			if $p0.@end.@firstReason($p1) {
				$on@cancelIO.@closeSocket($p0.@sock)
			}
			$p0.lock.Unlock()
			return
		}`),
		When("release", Calls("closeSocket"), `sim.Variant != 24`),
		Before("recvPost", Calls("recv"), locked(`@Receiving`)),
		Before("sendPost", Calls("send"), locked(`@Sending`)),
	}},
}

// locked makes a post with the session's lock held, if the session has not ended.
func locked(which string) string {
	return `if sim.Variant == 24 {
		$p0.lock.Lock()
		err := error(@ErrGone)
		if !$p0.@ended() {
			err = $call
		}
		$p0.lock.Unlock()
		if err != nil {
			$recv.@postFailed($p0, ` + which + `)
		}
		return
	}`
}

// AllBugs are the edits of all Bugs.
func AllBugs() (all []Edit) {
	for _, b := range Bugs {
		all = append(all, b.Edits...)
	}
	return all
}
