// What the io_uring echo and the io_uring client share: a ring that completes when asked, and
// a ring of provided buffers. The buffers lie in huge pages where the system gives them.
#include <liburing.h>
#include <sys/mman.h>

enum { ENTRIES = 4096, BUFFERS = 2048, BUFFER = 32 << 10 };

static struct io_uring ring;
static struct io_uring_buf_ring *bufs;
static char *memory;
static unsigned queued; // buffers added since the last lend

static char *buffer(unsigned bid) { return memory + (size_t)bid * BUFFER; }

static void give_back(unsigned bid) {
    io_uring_buf_ring_add(bufs, buffer(bid), BUFFER, bid, io_uring_buf_ring_mask(BUFFERS), queued++);
}

static void lend(void) {
    io_uring_buf_ring_advance(bufs, queued);
    queued = 0;
}

// map returns memory that is there already: none of it is zeroed under load.
static void *map(size_t size) {
    void *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) die("mmap", errno);
    madvise(p, size, MADV_HUGEPAGE);
    return memset(p, 0, size);
}

static void open_ring(void) {
    struct io_uring_params p = {.cq_entries = 8 * ENTRIES, .flags = IORING_SETUP_CQSIZE |
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    int err = io_uring_queue_init_params(ENTRIES, &ring, &p);
    if (err) die("io_uring_queue_init", err);
    memory = map((size_t)BUFFERS * BUFFER);
    bufs = map(BUFFERS * sizeof(struct io_uring_buf));
    struct io_uring_buf_reg reg = {.ring_addr = (unsigned long)bufs, .ring_entries = BUFFERS};
    if ((err = io_uring_register_buf_ring(&ring, &reg, 0))) die("io_uring_register_buf_ring", err);
    io_uring_buf_ring_init(bufs);
    for (unsigned i = 0; i < BUFFERS; i++) give_back(i);
    lend();
}

static struct io_uring_sqe *entry(void) {
    struct io_uring_sqe *s;
    while (!(s = io_uring_get_sqe(&ring))) io_uring_submit(&ring);
    return s;
}

// name says whose completion it will be: an operation and the number of a connection.
static void name(struct io_uring_sqe *s, unsigned op, unsigned conn) {
    s->user_data = (unsigned long long)op << 32 | conn;
}

static void arm_recv(unsigned op, unsigned conn, int fd) {
    struct io_uring_sqe *s = entry();
    io_uring_prep_recv_multishot(s, fd, 0, 0, 0);
    s->ioprio |= IORING_RECVSEND_POLL_FIRST;
    s->flags |= IOSQE_BUFFER_SELECT;
    name(s, op, conn);
}
