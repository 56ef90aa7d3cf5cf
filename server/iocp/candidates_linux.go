package iocp

var candidates = []candidate{
	{"uring", newUring},
	{"net", newNet},
}
