package iocp

var candidates = []candidate{
	{"uring", newUring},
	{"epoll", newEpoll},
	{"net", newNet},
}
