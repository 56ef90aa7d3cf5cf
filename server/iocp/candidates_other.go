//go:build !linux && !windows

package iocp

var candidates = []candidate{
	{"net", newNet},
}
