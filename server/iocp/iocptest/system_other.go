//go:build !linux

package iocptest

// systemCases need a limit of the system's that only Linux lets a test lower.
var systemCases []Case
