package iocp

var candidates = []candidate{
	{"iocp", newIOCP},
	{"net", newNet},
}
