// The libuv echo at its best: what is read is written at once from the one buffer; only what a
// peer does not take yet is copied.
#include "listen.h"
#include <uv.h>

static char buf[64 << 10];

static void lend(uv_handle_t *h, size_t n, uv_buf_t *b) {
    (void)h, (void)n;
    *b = uv_buf_init(buf, sizeof buf);
}
static void closed(uv_handle_t *h) { free(h); }
static void written(uv_write_t *w, int status) { (void)status, free(w); }

static void echo(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
    if (n < 0) { uv_close((uv_handle_t *)s, closed); return; }
    uv_buf_t out = uv_buf_init(b->base, n);
    int sent = n ? uv_try_write(s, &out, 1) : 0;
    if (sent < 0) sent = 0; // nothing went, or a write still waits; a dead one is seen by the read
    if (sent == n) return;
    uv_write_t *w = malloc(sizeof *w + n - sent);
    out = uv_buf_init(memcpy(w + 1, b->base + sent, n - sent), n - sent);
    uv_write(w, s, &out, 1, written);
}

static void accepted(uv_stream_t *l, int status) {
    uv_tcp_t *t = malloc(sizeof *t);
    uv_tcp_init(l->loop, t);
    if (status || uv_accept(l, (uv_stream_t *)t)) { uv_close((uv_handle_t *)t, closed); return; }
    uv_read_start((uv_stream_t *)t, lend, echo);
}

int main(void) {
    uv_tcp_t l;
    uv_tcp_init(uv_default_loop(), &l);
    int err = uv_tcp_open(&l, listen_on_free_port(SOCK_NONBLOCK));
    if (err || (err = uv_listen((uv_stream_t *)&l, 4096, accepted))) die("uv_listen", err);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
