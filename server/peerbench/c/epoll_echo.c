// The epoll echo at its best: one thread, edge-triggered, read until short, write at once.
#include "listen.h"
#include <sys/epoll.h>

enum { BUFFER = 64 << 10, EVENTS = 512 };

// What a peer could not take yet, per descriptor.
static struct { char *data; size_t len, off; } owed[MAX_FDS];

// flush returns 1 when nothing is owed any more, 0 when the peer takes no more now.
static int flush(int fd) {
    while (owed[fd].off < owed[fd].len) {
        ssize_t n = send(fd, owed[fd].data + owed[fd].off, owed[fd].len - owed[fd].off, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? 0 : -1;
        owed[fd].off += n;
    }
    free(owed[fd].data);
    memset(&owed[fd], 0, sizeof owed[fd]);
    return 1;
}

// echo returns -1 when the connection is over. A read that is short has taken all there was,
// but for a hang-up, which comes with the same edge as the last bytes.
static int echo(int fd, int hung_up) {
    static char buf[BUFFER];
    for (;;) {
        if (owed[fd].data) { int r = flush(fd); if (r <= 0) return r; }
        ssize_t n = recv(fd, buf, BUFFER, 0);
        if (n == 0) return -1;
        if (n < 0) return errno == EAGAIN ? 0 : -1;
        ssize_t sent = send(fd, buf, n, MSG_NOSIGNAL);
        if (sent < 0) { if (errno != EAGAIN) return -1; sent = 0; }
        if (sent < n) {
            owed[fd].data = memcpy(malloc(n - sent), buf + sent, n - sent);
            owed[fd].len = n - sent;
            return 0;
        }
        if (n < BUFFER && !hung_up) return 0;
    }
}

int main(void) {
    int l = listen_on_free_port(SOCK_NONBLOCK), ep = epoll_create1(0);
    struct epoll_event evs[EVENTS], ev = {.events = EPOLLIN, .data.fd = l};
    epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev);
    for (;;) {
        int n = epoll_wait(ep, evs, EVENTS, -1), c;
        for (int i = 0; i < n; i++) {
            int fd = evs[i].data.fd;
            if (fd == l) {
                while ((c = accept4(l, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
                    ev.data.fd = c;
                    epoll_ctl(ep, EPOLL_CTL_ADD, c, &ev);
                }
            } else if (echo(fd, evs[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) < 0) {
                free(owed[fd].data);
                memset(&owed[fd], 0, sizeof owed[fd]);
                close(fd);
            }
        }
    }
}
