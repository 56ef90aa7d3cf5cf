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
