// The io_uring echo at its best: one thread, multishot accept and receive, a ring of provided
// buffers, each buffer sent back as it came, one send of a connection at a time.
#include "listen.h"
#include "ring.h"

enum { ACCEPT, RECV, SEND, NONE = 0xffff };

// The buffers that wait to be sent on a connection, the first of them in flight.
static struct { unsigned short first, last; char open, armed; } conns[MAX_FDS];
static struct { unsigned short next; int len; } waiting[BUFFERS];

// Connections whose receive found no buffer wait here until one is free.
static int starved[MAX_FDS], nstarved, held;

static void send_first(int fd) {
    struct io_uring_sqe *s = entry();
    unsigned bid = conns[fd].first;
    io_uring_prep_send(s, fd, buffer(bid), waiting[bid].len, MSG_WAITALL | MSG_NOSIGNAL);
    name(s, SEND, fd);
}

static void maybe_close(int fd) {
    if (!conns[fd].open && !conns[fd].armed && conns[fd].first == NONE) close(fd);
}

static void accepted(int fd) {
    if (fd < 0) return;
    conns[fd].first = NONE;
    conns[fd].open = conns[fd].armed = 1;
    arm_recv(RECV, fd, fd);
}

static void received(int fd, struct io_uring_cqe *c) {
    if (c->res > 0) {
        unsigned bid = c->flags >> IORING_CQE_BUFFER_SHIFT;
        held++;
        waiting[bid].len = c->res;
        waiting[bid].next = NONE;
        if (conns[fd].first == NONE) {
            conns[fd].first = conns[fd].last = bid;
            send_first(fd);
        } else {
            waiting[conns[fd].last].next = bid;
            conns[fd].last = bid;
        }
    }
    if (c->flags & IORING_CQE_F_MORE) return;
    conns[fd].armed = 0;
    if (c->res == -ENOBUFS) starved[nstarved++] = fd;
    else if (c->res > 0) { conns[fd].armed = 1; arm_recv(RECV, fd, fd); }
    else { conns[fd].open = 0; maybe_close(fd); }
}

static void sent(int fd, int res) {
    unsigned bid = conns[fd].first;
    conns[fd].first = waiting[bid].next;
    give_back(bid);
    held--;
    if (res < waiting[bid].len) shutdown(fd, SHUT_RDWR);
    if (conns[fd].first != NONE) send_first(fd);
    else maybe_close(fd);
}

int main(void) {
    int l = listen_on_free_port(0);
    open_ring();
    struct io_uring_sqe *s = entry();
    io_uring_prep_multishot_accept(s, l, 0, 0, 0);
    name(s, ACCEPT, l);
    for (;;) {
        struct io_uring_cqe *c;
        unsigned head, n = 0;
        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, c) {
            int fd = (int)(unsigned)c->user_data;
            switch (c->user_data >> 32) {
            case ACCEPT: accepted(c->res); break;
            case RECV: received(fd, c); break;
            case SEND: sent(fd, c->res); break;
            }
            n++;
        }
        io_uring_cq_advance(&ring, n);
        if (queued) lend();
        while (nstarved > 0 && held < BUFFERS) {
            int fd = starved[--nstarved];
            conns[fd].armed = 1;
            arm_recv(RECV, fd, fd);
        }
    }
}
