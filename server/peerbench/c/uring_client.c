// The io_uring client that verifies nothing: a closed loop with a window of echoes for each
// connection, whose answers it only counts. It is what a tester costs at the least.
// Usage: uring_client PORT CONNECTIONS BYTES WINDOW WARMUP_MS RUN_MS
// Prints "begin" when it starts to count, then "end ECHOES NANOSECONDS P50 P90 P99 P999" (round
// trips in nanoseconds). It ends when its stdin does. A message is a 2-byte little-endian length
// and so many bytes.
#include "listen.h"
#include "ring.h"
#include <time.h>

typedef unsigned long long u64;

enum { RECV, SEND, SUB = 32, SLOTS = 64 * SUB };

static struct conn {
    int fd;
    unsigned owed, sent, got, oldest, newest; // frames to send, being sent; bytes; times
    u64 *times;
} *conns;
static char *frames;
static unsigned size, window;
static u64 now, echoes, slots[SLOTS];

static u64 clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

// slot_of puts times into 32 slots for each power of two.
static unsigned slot_of(u64 v) {
    if (v < SUB) return v;
    unsigned shift = 63 - __builtin_clzll(v) - 5;
    return (shift + 1) * SUB + (v >> shift) - SUB;
}

static u64 quantile(double q) {
    u64 all = 0, seen = 0;
    for (int i = 0; i < SLOTS; i++) all += slots[i];
    for (unsigned i = 0; i < SLOTS; i++) {
        seen += slots[i];
        if (seen > 0 && seen >= q * all) return i < SUB ? i : (u64)(i % SUB + SUB) << (i / SUB - 1);
    }
    return 0;
}

static void flush(unsigned i) {
    struct conn *c = &conns[i];
    if (c->sent || !c->owed) return;
    for (unsigned k = 0; k < c->owed; k++) c->times[c->newest++ % window] = now;
    struct io_uring_sqe *s = entry();
    io_uring_prep_send(s, c->fd, frames, (size_t)c->owed * size, MSG_WAITALL | MSG_NOSIGNAL);
    name(s, SEND, i);
    c->sent = c->owed;
    c->owed = 0;
}

static void received(unsigned i, struct io_uring_cqe *q) {
    struct conn *c = &conns[i];
    if (q->res > 0) {
        give_back(q->flags >> IORING_CQE_BUFFER_SHIFT);
        c->got += q->res;
        for (; c->got >= size; c->got -= size, c->owed++, echoes++)
            slots[slot_of(now - c->times[c->oldest++ % window])]++;
        flush(i);
    } else if (q->res != -ENOBUFS) die("receive", q->res ? q->res : EPIPE);
    if (q->flags & IORING_CQE_F_MORE) return;
    arm_recv(RECV, i, c->fd);
}

static void connect_all(int port, unsigned n) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger reset = {1, 0}; // no TIME_WAIT for the next run
    int one = 1;
    for (unsigned i = 0; i < n; i++) {
        struct conn *c = &conns[i];
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (c->fd < 0 || connect(c->fd, (void *)&to, sizeof to)) die("connect", errno);
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        c->times = calloc(window, sizeof *c->times);
        c->owed = window;
    }
}

static void step(void) {
    struct io_uring_cqe *q;
    struct __kernel_timespec patience = {.tv_sec = 5};
    unsigned head, n = 0;
    int err = io_uring_submit_and_wait_timeout(&ring, &q, 1, &patience, 0);
    if (err == -ETIME) die("no answer for 5 s", ETIMEDOUT);
    now = clock_ns();
    io_uring_for_each_cqe(&ring, head, q) {
        unsigned i = (unsigned)q->user_data;
        n++;
        if (q->user_data >> 32 == RECV) { received(i, q); continue; }
        if (q->res != (int)(conns[i].sent * size)) die("send", q->res < 0 ? q->res : EPIPE);
        conns[i].sent = 0;
        flush(i);
    }
    io_uring_cq_advance(&ring, n);
    if (queued) lend();
}

int main(int argc, char **argv) {
    if (argc != 7) die("arguments", EINVAL);
    unsigned n = atoi(argv[2]), payload = atoi(argv[3]);
    u64 warm = atoll(argv[5]) * 1000000, run = atoll(argv[6]) * 1000000, begun;
    window = atoi(argv[4]);
    size = payload + 2;
    frames = map((size_t)size * window);
    for (unsigned k = 0; k < window; k++) {
        frames[k * size] = payload & 255;
        frames[k * size + 1] = payload >> 8;
        memset(frames + k * size + 2, 'a' + k % 26, payload);
    }
    conns = calloc(n, sizeof *conns);
    open_ring();
    connect_all(atoi(argv[1]), n);
    begun = now = clock_ns();
    for (unsigned i = 0; i < n; i++) {
        arm_recv(RECV, i, conns[i].fd);
        flush(i);
    }
    while (now - begun < warm) step();
    printf("begin\n");
    fflush(stdout);
    begun = now;
    echoes = 0;
    memset(slots, 0, sizeof slots);
    while (now - begun < run) step();
    printf("end %llu %llu %llu %llu %llu %llu\n", echoes, now - begun,
           quantile(.5), quantile(.9), quantile(.99), quantile(.999));
    fflush(stdout);
    return getchar() != EOF; // until we have been looked at
}
