package seeded

// Points puts the yield points in: before every operation on IOCount, SendFlag, the session's
// id and its end, between the two halves of what looks like one, and into SendQ and the free
// list. The product itself pays nothing for them.
var Points = []Edit{
	Entry("open", `sim.Point("before IOCount opens")`),
	Entry("up", `sim.Point("before IOCount++")`),
	Entry("down", `sim.Point("before IOCount--")`),
	Entry("tryRelease", `sim.Point("before the CAS 0 to RELEASE")`),
	Rewrite("tryRelease", Calls("cas32"), orMeet("sim.ReleaseLost")),
	Entry("trySet", `sim.Point("before SendFlag is set")`),
	Rewrite("trySet", Calls("cas32"), orMeet("sim.FlagContended")),
	Entry("clear", `sim.Point("before SendFlag is cleared")`),
	Entry("ended", `sim.Point("before a look at the end")`),
	Entry("firstReason", `sim.Point("before the end is marked")`),
	Before("take", Calls("storeID"), `sim.Point("before a new id")`),
	Before("pushSlot", Calls("cas64"), `sim.Point("in the free list's push")`),
	Before("popSlot", Calls("tableAt"), `sim.Point("in the free list's pop")`),
	Before("hold", Calls("released"), `sim.Point("before the id is checked")
		if !$call && $call@loadID != $p0 {
			sim.Met(sim.SlotReusedInside)
		}`),
	Before("acceptPost", Calls("record"), `sim.Point("after the look at stopping")`),
	After("sendDone", Calls("note"), `if $p0.@sendq.@any() {
			sim.Met(sim.RecheckTaken)
		}`),
	Before("push", Calls("casPointer"), `sim.Point("in SendQ's Push")`),
	Rewrite("any", Compares("front"), `(sim.Between("in SendQ's Any") || $it)`),
	Before("peek", Calls("turn"), `sim.Point("before SendQ is taken")`),
	After("peek", Calls("turn"), `sim.Point("while SendQ is turned")`),
	Entry("consume", `sim.Point("before SendQ is consumed")`),
	Before("turn", Sets("blockNext"), `sim.Spin()`),
}

// orMeet counts a mark where the compare-and-swap fails.
func orMeet(mark string) string {
	return `func() bool {
		if $it {
			return true
		}
		sim.Met(` + mark + `)
		return false
	}()`
}

// Sizes replaces what would only slow a run down, and what remembers an earlier one. It also puts the
// trace's events into the timeline.
var Sizes = []Edit{
	Const("accepts", "1"),
	Const("batch", "2"),
	Const("slabBits", "2"),
	Instead("takeBlock", Calls("poolGet"), ""),
	Instead("putBlock", Calls("poolPut"), ""),
	Const("ringBits", "4"),
	Instead("tick", Sets("ringNow"), "$on.@ringNow++"),
	Rewrite("record", Calls("timeSince"), "0"),
	Entry("record", `if sim.Shown() {
			e := @Event{@Kind: $p0, @Where: $p1, @ID: $p2, @IO: $p3, @N: uint32($p4)}
			if e.@ID != 0 {
				sim.Say("s" + e.@eventName() + " " + e.@eventWhat())
			} else {
				sim.Say(e.@eventWhat())
			}
		}`),
}
