/* How long a session is resumed: handshakes over a socket pair, at times of the test's choice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "tls/engine.h"
#include "tls/ticket.h"

static char certificate_path[] = "/tmp/greenroom-certificate-XXXXXX";
static char key_path[] = "/tmp/greenroom-key-XXXXXX";
static int64_t later; /* s */
static SSL_CTX *client_context;

/* In place of libc's: the tickets go by the monotonic clock, OpenSSL's sessions by time(2). */
int clock_gettime(clockid_t clock, struct timespec *time_now) {
    static const time_t start = 1000 * (time_t)TICKET_LIFETIME;
    *time_now = (struct timespec){.tv_sec = start + later};
    return 0;
}

static FILE *open_temporary(char *path) {
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    assert_non_null(file);
    return file;
}

static int set_up(void **state) {
    FILE *certificate_file = open_temporary(certificate_path), *key_file = open_temporary(key_path);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 10 * (long)TICKET_LIFETIME);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(certificate_file, certificate), 1);
    assert_int_equal(PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(certificate_file);
    fclose(key_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    client_context = SSL_CTX_new(TLS_client_method());
    return client_context ? 0 : -1;
}

static int tear_down(void **state) {
    unlink(certificate_path);
    unlink(key_path);
    SSL_CTX_free(client_context);
    return 0;
}

/* As a worker has it; the byte stands for the secret. */
static struct tls_context *open_context(unsigned char secret_byte, int id) {
    const char *certificate = certificate_path, *key = key_path;
    const struct tls_files files = {.certificates = &certificate, .keys = &key, .count = 1};
    unsigned char secret[TLS_SECRET_SIZE] = {secret_byte};
    char why[TLS_WHY_SIZE], warning[TLS_WHY_SIZE];
    struct tls_context *context = tls_engine.context_open(&files, secret, id, why, warning);
    if (!context) fail_msg("%s", why);
    assert_string_equal(warning, "");
    return context;
}

/* Makes a handshake; *session is resumed if that can be, and replaced. Returns whether it was. */
static bool meet(struct tls_context *context, SSL_SESSION **session) {
    static const char word[] = "word";
    char heard[sizeof word];
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct tls_stream *stream = tls_engine.open(context, ends[0]);
    SSL *client = SSL_new(client_context);
    SSL_set_fd(client, ends[1]);
    if (*session) SSL_set_session(client, *session);
    int connected = -1;
    enum tls_progress progress = TLS_WAIT;
    for (int i = 0; i < 10 && (connected != 1 || progress != TLS_DONE); i++) {
        if (connected != 1) connected = SSL_connect(client);
        if (progress == TLS_WAIT) progress = tls_engine.handshake(stream);
    }
    assert_int_equal(connected, 1);
    assert_int_equal(progress, TLS_DONE);
    assert_int_equal(tls_engine.send(stream, word, sizeof word, 0), sizeof word);
    assert_int_equal(SSL_read(client, heard, sizeof heard), sizeof word);
    bool resumed = SSL_session_reused(client);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_free(client);
    tls_engine.close(stream);
    close(ends[0]);
    close(ends[1]);
    return resumed;
}

static void a_session_is_resumed_until_its_keys_have_changed_twice(void **state) {
    struct tls_context *context = open_context('s', 0);
    SSL_SESSION *session = NULL;
    assert_false(meet(context, &session));
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    assert_true(meet(context, &session));
    later += TICKET_LIFETIME;
    SSL_SESSION_set_timeout(copy, 100L * TICKET_LIFETIME); /* a client that forgets nothing */
    SSL_SESSION *old = SSL_SESSION_dup(copy);
    assert_true(meet(context, &copy));
    later += TICKET_LIFETIME;
    assert_false(meet(context, &old));
    SSL_SESSION_free(session);
    SSL_SESSION_free(copy);
    SSL_SESSION_free(old);
    tls_engine.context_close(context);
}

static void whoever_has_the_secret_resumes_it(void **state) {
    struct tls_context *one = open_context('s', 0), *other = open_context('s', 0);
    struct tls_context *stranger = open_context('t', 0), *elsewhere = open_context('s', 1);
    SSL_SESSION *session = NULL;
    assert_false(meet(one, &session));
    assert_true(meet(other, &session));
    assert_false(meet(stranger, &session));
    assert_true(meet(stranger, &session));
    assert_false(meet(elsewhere, &session));
    SSL_SESSION_free(session);
    tls_engine.context_close(one);
    tls_engine.context_close(other);
    tls_engine.context_close(stranger);
    tls_engine.context_close(elsewhere);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_resumed_until_its_keys_have_changed_twice),
        cmocka_unit_test(whoever_has_the_secret_resumes_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
