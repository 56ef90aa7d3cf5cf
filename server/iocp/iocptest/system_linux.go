package iocptest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"dummyload/server/iocp"
)

var systemCases = []Case{
	{
		Name: "OutOfDescriptors", Clause: "C4", limit: time.Minute,
		Why: "An Accept that finds no descriptor is one failed Entry of ClassLocalFD; the port " +
			"does not spin over the connection that waits, and accepts it later.",
		run: outOfDescriptors,
	},
}

// childVariable tells a test binary that it is the child of a case.
const childVariable = "IOCPTEST_CHILD"

// outOfDescriptors lowers a limit of the whole process, and so runs in one of its own.
func outOfDescriptors(r *rig) {
	if os.Getenv(childVariable) != "" {
		r.acceptWithoutDescriptors()
		return
	}
	exe, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	names := strings.Split(r.t.Name(), "/")
	for i, name := range names {
		names[i] = "^" + regexp.QuoteMeta(name) + "$"
	}
	child := exec.Command(exe, "-test.run="+strings.Join(names, "/"), "-test.timeout=50s")
	child.Env = append(os.Environ(), childVariable+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		r.t.Errorf("in a process of its own: %v\n%s", err, out)
	}
}

func (r *rig) acceptWithoutDescriptors() {
	const peers = 5
	r.pair() // so that all the backend opens by and by is open
	for range peers {
		r.dial()
	}
	var old unix.Rlimit
	r.check("getrlimit", unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	low := unix.Rlimit{Cur: uint64(iocp.DescriptorsInUse()), Max: old.Max}
	r.check("setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &low))

	accepted, failed := 0, 0
	for range 3 * peers {
		e := r.wait("an accept without descriptors", r.accept())
		switch {
		case e.Err == nil:
			accepted++
		case iocp.Classify(e.Err) == iocp.ClassLocalFD:
			failed++
		default:
			r.t.Errorf("Accept without descriptors: %v", e.Err)
		}
	}
	if failed < 2*peers {
		r.t.Errorf("%d of %d Accepts failed without descriptors", failed, 3*peers)
	}
	r.expectIdle()

	r.check("setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &old))
	for ; accepted < peers; accepted++ {
		if e := r.wait("an accept with descriptors again", r.accept()); e.Err != nil {
			r.t.Fatalf("Accept with descriptors again: %v", e.Err)
		}
	}
}

// expectIdle fails when the process uses a processor while it has nothing to do.
func (r *rig) expectIdle() {
	r.t.Helper()
	const wait = 400 * time.Millisecond
	before := processCPU()
	if n, err := r.w.Get(r.batch, wait); n != 0 || err != nil {
		r.t.Errorf("Get with no accept posted: %d entries, %v", n, err)
	}
	if used := processCPU() - before; used > wait/2 {
		r.t.Errorf("%v of processor time went into waiting for %v", used, wait)
	}
}

func processCPU() time.Duration {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
