// What the three echo servers share: a listener on a free loopback port, told on stdout.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FDS = 1 << 20 };

static void die(const char *what, int err) {
    fprintf(stderr, "%s: %s\n", what, strerror(err < 0 ? -err : err));
    exit(1);
}

static inline int listen_on_free_port(int flags) {
    int one = 1, l = socket(AF_INET, SOCK_STREAM | flags, 0);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    setsockopt(l, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); // accepted sockets inherit it
    if (bind(l, (void *)&a, len) || listen(l, 4096) ||
        getsockname(l, (void *)&a, &len)) die("listen", errno);
    printf("listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
    fflush(stdout);
    return l;
}
