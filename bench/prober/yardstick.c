/* The limit: what a host costs a plain program in C, on the OpenSSL that the engine uses.
 *
 * Law: it does what is measured of the others and nothing else. Two look-ups a host, two connections,
 * a verified handshake on one of them, GET / on both, the answer read to its end; no facts, no
 * verdict, no timers. What fails ends the run.
 *
 * The library is handed over as addresses, in the order of struct library: it is linked into a Python
 * extension and exports nothing.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 128, BUFFER_BYTES = 64 * 1024, ANSWER_BYTES = 16 * 1024, QUERY_BYTES = 512 };
enum { DNS_HEADER_BYTES = 12, DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28 };
/* Of ssl.h. */
enum { SUCCESS = 1, WANT_READ = 2 };

struct library {
    void *(*ssl_new)(void *context);
    void (*ssl_free)(void *ssl);
    void (*set_bio)(void *ssl, void *incoming, void *outgoing);
    void (*set_connect_state)(void *ssl);
    long (*set_server_name)(void *ssl, const char *name);
    void *(*param)(void *ssl);
    int (*set_host)(void *param, const char *name, size_t size);
    int (*do_handshake)(void *ssl);
    int (*get_error)(const void *ssl, int result);
    int (*ssl_read)(void *ssl, void *buffer, int size);
    int (*ssl_write)(void *ssl, const void *buffer, int size);
    void (*clear_errors)(void);
    void *(*bio_new)(const void *method);
    const void *(*bio_memory)(void);
    int (*bio_read)(void *bio, void *buffer, int size);
    int (*bio_write)(void *bio, const void *buffer, int size);
};

struct connection {
    struct host *host;
    int fd, is_encrypted, is_connected, is_established;
    void *ssl, *incoming, *outgoing;
    char answer[ANSWER_BYTES];
    int answer_bytes;
};

struct host {
    const char *name;
    int lookups_left, connections_left;
    struct in_addr address;
    struct connection plain, encrypted;
};

struct work {
    const struct library *library;
    void *context;
    const char **names;
    int count, concurrency, plain_port, tls_port;
    const char *resolver_host;
    int resolver_port;
    /* Look names up and do nothing else. */
    int only_lookups;
};

static const struct work *work;
static const struct library *lib;
static struct host *hosts;
static int epoll_fd, resolver_fd, started, ended;
static char buffer[BUFFER_BYTES];

static int fail(const char *what)
{
    perror(what);
    exit(1);
}

static void ask(int number, int type)
{
    unsigned char query[QUERY_BYTES] = {0};
    /* The id tells host and type; which hosts are in flight is never more than ids are. */
    uint16_t id = (uint16_t)(number * 2 + (type == DNS_TYPE_AAAA));
    unsigned char *at = query + DNS_HEADER_BYTES;
    query[0] = id >> 8, query[1] = id & 255, query[2] = 1, query[5] = 1;
    for (const char *label = hosts[number].name; *label;) {
        size_t size = strcspn(label, ".");
        *at++ = (unsigned char)size;
        memcpy(at, label, size);
        at += size, label += size + (label[size] == '.');
    }
    *at++ = 0;
    *at++ = 0, *at++ = (unsigned char)type, *at++ = 0, *at++ = 1;
    if (send(resolver_fd, query, (size_t)(at - query), 0) < 0)
        fail("send to the resolver");
}

static void start_next(void)
{
    if (started == work->count)
        return;
    int number = started++;
    hosts[number].name = work->names[number];
    hosts[number].lookups_left = 2;
    ask(number, DNS_TYPE_A);
    ask(number, DNS_TYPE_AAAA);
}

static void end_host(void)
{
    ended++;
    start_next();
}

static void dial(struct host *host, struct connection *connection, int port)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    peer.sin_addr = host->address;
    connection->host = host;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connection->fd < 0)
        fail("socket");
    if (connect(connection->fd, (struct sockaddr *)&peer, sizeof peer) < 0 && errno != EINPROGRESS)
        fail("connect");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        fail("epoll_ctl");
}

static void begin_tls(struct connection *connection)
{
    const char *name = connection->host->name;
    connection->is_encrypted = 1;
    connection->ssl = lib->ssl_new(work->context);
    connection->incoming = lib->bio_new(lib->bio_memory());
    connection->outgoing = lib->bio_new(lib->bio_memory());
    lib->set_bio(connection->ssl, connection->incoming, connection->outgoing);
    lib->set_server_name(connection->ssl, name);
    lib->set_host(lib->param(connection->ssl), name, strlen(name));
    lib->set_connect_state(connection->ssl);
}

/* Take one answer of the resolver; the records are those of one address, or none. */
static void take_answer(const unsigned char *message, ssize_t size)
{
    uint16_t id = (uint16_t)(message[0] << 8 | message[1]);
    int number = started - 1 - (((started - 1) - (id >> 1)) & 0x7fff);
    struct host *host = &hosts[number];
    const unsigned char *at = message + DNS_HEADER_BYTES;
    while (*at)
        at += 1 + *at;
    at += 5;
    if (!(id & 1) && message[7] && at + 16 <= message + size)
        memcpy(&host->address, at + 12, 4);
    if (--host->lookups_left)
        return;
    if (!host->address.s_addr)
        fail("a name without an address");
    if (work->only_lookups) {
        end_host();
        return;
    }
    host->connections_left = 2;
    begin_tls((host->encrypted.host = host, &host->encrypted));
    dial(host, &host->plain, work->plain_port);
    dial(host, &host->encrypted, work->tls_port);
}

static void take_answers(void)
{
    ssize_t size;
    while ((size = recv(resolver_fd, buffer, sizeof buffer, 0)) > 0)
        take_answer((unsigned char *)buffer, size);
}

static void send_all(int fd, const char *bytes, int size)
{
    if (size > 0 && send(fd, bytes, (size_t)size, MSG_NOSIGNAL) != size)
        fail("send");
}

static void flush(struct connection *connection)
{
    char outgoing[BUFFER_BYTES];
    send_all(connection->fd, outgoing,
             lib->bio_read(connection->outgoing, outgoing, sizeof outgoing));
}

static void request(struct connection *connection)
{
    char text[QUERY_BYTES];
    int size = snprintf(text, sizeof text,
                        "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: yardstick\r\nAccept: */*\r\n\r\n",
                        connection->host->name);
    if (!connection->is_encrypted) {
        send_all(connection->fd, text, size);
        return;
    }
    if (lib->ssl_write(connection->ssl, text, size) != size)
        fail("SSL_write");
    flush(connection);
}

static void shake_hands(struct connection *connection)
{
    lib->clear_errors();
    int result = lib->do_handshake(connection->ssl);
    if (result != SUCCESS && lib->get_error(connection->ssl, result) != WANT_READ)
        fail("a handshake without success");
    flush(connection);
    if (result == SUCCESS) {
        connection->is_established = 1;
        request(connection);
    }
}

/* Tell whether the answer is whole: a head with a length, and as much after it. */
static int is_whole(struct connection *connection)
{
    connection->answer[connection->answer_bytes] = 0;
    char *head_end = strstr(connection->answer, "\r\n\r\n");
    char *length = head_end ? strcasestr(connection->answer, "\r\ncontent-length:") : NULL;
    if (!length)
        return 0;
    if (strncmp(connection->answer, "HTTP/1.1 200", 12))
        fail("not the answer that is compared");
    return connection->answer + connection->answer_bytes >= head_end + 4 + atoi(length + 17);
}

static void end_connection(struct connection *connection)
{
    close(connection->fd);
    if (connection->is_encrypted)
        lib->ssl_free(connection->ssl);
    if (!--connection->host->connections_left)
        end_host();
}

static void take(struct connection *connection, const char *bytes, int size)
{
    if (connection->answer_bytes + size >= ANSWER_BYTES)
        fail("a long answer");
    memcpy(connection->answer + connection->answer_bytes, bytes, (size_t)size);
    connection->answer_bytes += size;
}

/* Go on with a connection; returns when it waits for its server or has ended. */
static void go_on(struct connection *connection)
{
    ssize_t size;
    if (!connection->is_connected) {
        connection->is_connected = 1;
        if (connection->is_encrypted)
            shake_hands(connection);
        else
            request(connection);
    }
    while ((size = recv(connection->fd, buffer, sizeof buffer, 0)) > 0) {
        if (!connection->is_encrypted) {
            take(connection, buffer, (int)size);
        } else {
            lib->bio_write(connection->incoming, buffer, (int)size);
            if (!connection->is_established)
                shake_hands(connection);
            int plain;
            while (connection->is_established
                   && (plain = lib->ssl_read(connection->ssl, buffer, sizeof buffer)) > 0)
                take(connection, buffer, plain);
        }
        if (is_whole(connection)) {
            end_connection(connection);
            return;
        }
    }
    if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        fail("a connection that ended early");
}

static void open_resolver(void)
{
    struct sockaddr_in peer = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)work->resolver_port),
        .sin_addr.s_addr = inet_addr(work->resolver_host),
    };
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    /* What does not fit is lost, and nothing here asks again. */
    int room = 4 * 1024 * 1024;
    resolver_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (resolver_fd < 0
        || setsockopt(resolver_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) < 0
        || connect(resolver_fd, (struct sockaddr *)&peer, sizeof peer) < 0)
        fail("the resolver's socket");
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, resolver_fd, &event) < 0)
        fail("epoll_ctl");
}

/* Do the work; what fails ends the process with a word on standard error. */
void yardstick_run(const struct work *given)
{
    struct epoll_event events[EVENTS];
    work = given, lib = given->library, started = ended = 0;
    hosts = calloc((size_t)work->count, sizeof *hosts);
    epoll_fd = epoll_create1(0);
    if (!hosts || epoll_fd < 0)
        fail("epoll_create1");
    open_resolver();
    while (started < work->count && started < work->concurrency)
        start_next();
    while (ended < work->count) {
        int ready = epoll_wait(epoll_fd, events, EVENTS, 5000);
        if (ready == 0)
            errno = ETIMEDOUT, fail("waiting for the targets");
        for (int index = 0; index < ready; index++) {
            if (events[index].data.ptr)
                go_on(events[index].data.ptr);
            else
                take_answers();
        }
    }
    close(resolver_fd);
    close(epoll_fd);
    free(hosts);
}
