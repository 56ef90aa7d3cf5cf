package iocp

import (
	"testing"
	"unsafe"
)

// The sizes and offsets of linux/io_uring.h, which are the same on every architecture.
func TestUringStructuresAreTheKernels(t *testing.T) {
	for name, c := range map[string]struct{ got, want uintptr }{
		"sqe":            {unsafe.Sizeof(sqe{}), 64},
		"sqe.opFlags":    {unsafe.Offsetof(sqe{}.opFlags), 28},
		"sqe.userData":   {unsafe.Offsetof(sqe{}.userData), 32},
		"sqe.bufGroup":   {unsafe.Offsetof(sqe{}.bufGroup), 40},
		"cqe":            {unsafe.Sizeof(cqe{}), 16},
		"uringParams":    {unsafe.Sizeof(uringParams{}), 120},
		"params.sqOff":   {unsafe.Offsetof(uringParams{}.sqOff), 40},
		"params.cqOff":   {unsafe.Offsetof(uringParams{}.cqOff), 80},
		"getEventsArg":   {unsafe.Sizeof(getEventsArg{}), 24},
		"kernelTimespec": {unsafe.Sizeof(kernelTimespec{}), 16},
		"bufReg":         {unsafe.Sizeof(bufReg{}), 40},
		"bufEntry":       {unsafe.Sizeof(bufEntry{}), 16},
		"bufEntry.tail":  {unsafe.Offsetof(bufEntry{}.tail), 14},
		"opProbe":        {unsafe.Sizeof(opProbe{}), 16 + 8*probeOps},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, the kernel has %d", name, c.got, c.want)
		}
	}
}

// Every operation's address has to leave a mark's bits free, wherever its poster embeds it.
func TestMarksAreNoAddresses(t *testing.T) {
	posters := make([]struct {
		_  [1]uint32
		ov Overlapped
	}, 100)
	for i := range posters {
		if data := posters[i].ov.data(); data&(1<<markBits-1) != 0 {
			t.Fatalf("operation %d has the user data %#x, which is a mark", i, data)
		}
	}
	seen := map[uint64]bool{receiverData(5): true}
	for _, data := range []uint64{dataWake, dataPosts, dataNothing} {
		if mark := data & (1<<markBits - 1); mark != markOwn || seen[data] {
			t.Errorf("user data %#x has the mark %d, or is used twice", data, mark)
		}
		seen[data] = true
	}
}
