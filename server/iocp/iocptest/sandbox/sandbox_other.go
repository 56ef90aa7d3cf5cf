//go:build !linux

// Package sandbox takes system calls away from a process, as a container's seccomp profile does, for
// the tests of what the program says then.
package sandbox

import "errors"

// Can is false: only Linux has seccomp.
func Can(string) bool { return false }

// Forbid fails: only Linux has seccomp.
func Forbid(string) error { return errors.ErrUnsupported }
