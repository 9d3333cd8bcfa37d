/* A client: PORT KIND COUNT. Changes its keys COUNT times before a request, all in one piece, and
 * prints the first line of the answer, or "closed". KIND "ask": it asks for other keys of the
 * server's each time. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "%s failed\n", what);
    return 2;
}

int main(int argc, char **argv) {
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) return fail("connect");
    SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
    SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1) return fail("SSL_connect");

    BIO *gathered = BIO_new(BIO_s_mem());
    SSL_set0_wbio(ssl, gathered);
    int kind =
        strcmp(argv[2], "ask") == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    for (int i = 0; i < atoi(argv[3]); i++)
        if (SSL_key_update(ssl, kind) != 1 || SSL_do_handshake(ssl) != 1)
            return fail("SSL_key_update");
    if (SSL_write(ssl, request, sizeof request - 1) <= 0) return fail("SSL_write");
    char *bytes, answer[4096];
    size_t len = (size_t)BIO_get_mem_data(gathered, &bytes);
    for (ssize_t n; len && (n = send(fd, bytes, len, MSG_NOSIGNAL)) > 0; bytes += n)
        len -= (size_t)n;

    int n = SSL_read(ssl, answer, sizeof answer - 1);
    if (n <= 0) n = sprintf(answer, "closed");
    answer[n] = '\0';
    printf("%.*s\n", (int)strcspn(answer, "\r"), answer);
    return 0;
}
