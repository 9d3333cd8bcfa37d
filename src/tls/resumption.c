#include "tls/resumption.h"

#include <pthread.h>
#include <string.h>

#include "tls/context.h"

/* Hosts whose sessions are remembered at a time. */
enum { HOSTS = 64 };

struct resumption {
    pthread_mutex_t lock;
    struct {
        char *host; /* NULL: free */
        SSL_SESSION *session;
    } all[HOSTS];
    unsigned next; /* to be forgotten when there is no room */
};

/* Under the lock. */
static void forget(struct resumption *resumption, int at) {
    SSL_SESSION_free(resumption->all[at].session);
    OPENSSL_free(resumption->all[at].host);
    resumption->all[at].session = NULL;
    resumption->all[at].host = NULL;
}

/* Under the lock. -1 when there is none. */
static int find(const struct resumption *resumption, const char *host) {
    for (int i = 0; i < HOSTS; i++)
        if (resumption->all[i].host && strcmp(resumption->all[i].host, host) == 0) return i;
    return -1;
}

/* Of SSL_CTX_sess_set_new_cb(3): returns 1 when it keeps the session. */
static int remember(SSL *ssl, SSL_SESSION *session) {
    struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct resumption *resumption = context->resumption;
    const char *host = SSL_get_app_data(ssl);
    char *copy = host ? OPENSSL_strdup(host) : NULL;
    if (!copy) return 0;
    pthread_mutex_lock(&resumption->lock);
    int at = find(resumption, host);
    if (at < 0) at = (int)(resumption->next++ % HOSTS);
    forget(resumption, at);
    resumption->all[at].host = copy;
    resumption->all[at].session = session;
    pthread_mutex_unlock(&resumption->lock);
    return 1;
}

struct resumption *resumption_open(SSL_CTX *ssl) {
    struct resumption *resumption = OPENSSL_zalloc(sizeof *resumption);
    if (!resumption) return NULL;
    pthread_mutex_init(&resumption->lock, NULL);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, remember);
    return resumption;
}

void resumption_close(struct resumption *resumption) {
    if (!resumption) return;
    for (int i = 0; i < HOSTS; i++) forget(resumption, i);
    pthread_mutex_destroy(&resumption->lock);
    OPENSSL_free(resumption);
}

int resumption_use(struct resumption *resumption, SSL *ssl, const char *host) {
    pthread_mutex_lock(&resumption->lock);
    int at = find(resumption, host), result = 0;
    if (at >= 0) {
        result = SSL_set_session(ssl, resumption->all[at].session) == 1 ? 0 : -1;
        forget(resumption, at);
    }
    pthread_mutex_unlock(&resumption->lock);
    return result;
}
