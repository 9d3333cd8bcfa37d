#include "tls/ticket.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "tls/context.h"

enum { NAME_SIZE = 16 };

struct keys {
    unsigned char name[32]; /* NAME_SIZE of it are used */
    unsigned char cipher[32], mac[32];
};

/* The keys of a time are derived from the secret, so processes need not tell each other. */
static int derive(const unsigned char *secret, int64_t period, unsigned char part,
                  unsigned char out[32]) {
    unsigned char text[sizeof period + 1];
    memcpy(text, &period, sizeof period);
    text[sizeof period] = part;
    return HMAC(EVP_sha256(), secret, TLS_SECRET_SIZE, text, sizeof text, out, NULL) ? 0 : -1;
}

static int keys_of(const struct tls_context *context, int64_t period, struct keys *keys) {
    if (derive(context->secret, period, 'n', keys->name) < 0 ||
        derive(context->secret, period, 'c', keys->cipher) < 0)
        return -1;
    return derive(context->secret, period, 'm', keys->mac);
}

static int64_t period_now(void) { return clock_now() / NS_PER_S / TICKET_LIFETIME; }

static int use(const struct keys *keys, const unsigned char *iv, EVP_CIPHER_CTX *cipher,
               EVP_MAC_CTX *mac, int sealing) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)keys->mac, sizeof keys->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys->cipher, iv, sealing) == 1 &&
                   EVP_MAC_CTX_set_params(mac, params) == 1
               ? 1
               : -1;
}

static int seal(const struct tls_context *context, unsigned char *name, unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac) {
    struct keys keys;
    if (keys_of(context, period_now(), &keys) < 0) return -1;
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    memcpy(name, keys.name, NAME_SIZE);
    return use(&keys, iv, cipher, mac, 1);
}

/* Returns 1, 2 when the client is to be given a new ticket, or 0 for one that is not ours. */
static int open_sealed(const struct tls_context *context, const unsigned char *name,
                       const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac) {
    struct keys keys;
    for (int age = 0; age < 2; age++) {
        if (keys_of(context, period_now() - age, &keys) < 0) return -1;
        if (memcmp(keys.name, name, NAME_SIZE) != 0) continue;
        int result = use(&keys, iv, cipher, mac, 0);
        return result == 1 ? 1 + age : result;
    }
    return 0;
}

static int ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                      EVP_MAC_CTX *mac, int sealing) {
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    return sealing ? seal(context, name, iv, cipher, mac)
                   : open_sealed(context, name, iv, cipher, mac);
}

int tickets_set(SSL_CTX *ssl) {
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(ssl, TICKET_LIFETIME);
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, ticket_key) == 1 ? 0 : -1;
}
