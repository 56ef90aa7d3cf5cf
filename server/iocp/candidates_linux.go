package iocp

var candidates = []candidate{
	{"net", newNet},
}
