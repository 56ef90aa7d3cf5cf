package iocp

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// filesOpen counts the process's handles of files, sockets and pipes. It is for Wine 8, which
// tells the size of the handle table but not how many handles there are: so it asks for each
// value. Threads and events are not counted: their number changes without any socket.
func filesOpen() int {
	n := 0
	for h := range windows.Handle(handleTable()) {
		if _, err := windows.GetFileType(4 * (h + 1)); err == nil {
			n++
		}
	}
	return n
}

// handleTable is what the system's list of processes has as this one's number of handles.
func handleTable() uint32 {
	self := uintptr(windows.GetCurrentProcessId())
	for size := uint32(64 << 10); size <= 16<<20; size *= 2 {
		list := make([]uint64, size/8)
		err := windows.NtQuerySystemInformation(windows.SystemProcessInformation,
			unsafe.Pointer(&list[0]), size, nil)
		if err == windows.STATUS_INFO_LENGTH_MISMATCH {
			continue
		}
		if err != nil {
			break
		}
		// Each entry says how far on the next one begins, the last says 0: at stays inside
		// of list, which the pointer into it keeps alive.
		for at := unsafe.Pointer(&list[0]); ; {
			p := (*windows.SYSTEM_PROCESS_INFORMATION)(at)
			if p.UniqueProcessID == self {
				return p.HandleCount
			}
			if p.NextEntryOffset == 0 {
				break
			}
			at = unsafe.Add(at, p.NextEntryOffset)
		}
		break
	}
	return 0
}
