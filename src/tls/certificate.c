#include "tls/certificate.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "tls/context.h"

/* ---- reading ---- */

/* An encrypted key is not asked about: there is nobody to answer. */
static int no_password(char *buffer, int size, int writing, void *unused) { return -1; }

static BIO *open_file(const char *path, char *why) {
    BIO *file = BIO_new_file(path, "r");
    if (!file) snprintf(why, TLS_WHY_SIZE, "cannot read %s: %s", path, strerror(errno));
    ERR_clear_error();
    return file;
}

/* Did reading end because there is nothing more of the kind? */
static bool is_end(void) {
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static int read_chain(struct certificate *certificate, BIO *file) {
    certificate->own = PEM_read_bio_X509_AUX(file, NULL, no_password, NULL);
    certificate->chain = sk_X509_new_null();
    if (!certificate->own || !certificate->chain) return -1;
    for (X509 *next; (next = PEM_read_bio_X509(file, NULL, no_password, NULL));)
        if (!sk_X509_push(certificate->chain, next)) {
            X509_free(next);
            return -1;
        }
    if (!is_end()) return -1;
    ERR_clear_error();
    return 0;
}

static int read_certificates(struct certificate *certificate, const char *path, char *why) {
    BIO *file = open_file(path, why);
    if (!file) return -1;
    int result = read_chain(certificate, file);
    BIO_free(file);
    if (result == 0) return 0;
    if (!certificate->own && is_end()) {
        ERR_clear_error();
        snprintf(why, TLS_WHY_SIZE, "there is no certificate in %s", path);
        return -1;
    }
    return context_fail(why, "cannot read the certificate", path);
}

static int read_key(struct certificate *certificate, const char *path, char *why) {
    BIO *file = open_file(path, why);
    if (!file) return -1;
    certificate->key = PEM_read_bio_PrivateKey(file, NULL, no_password, NULL);
    BIO_free(file);
    if (certificate->key) return 0;
    unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_BAD_PASSWORD_READ)
        snprintf(why, TLS_WHY_SIZE, "the key %s is encrypted", path);
    else if (ERR_GET_LIB(error) == ERR_LIB_PEM || ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER)
        snprintf(why, TLS_WHY_SIZE, "there is no private key in %s", path);
    else
        return context_fail(why, "cannot read the key", path);
    ERR_clear_error();
    return -1;
}

static void check_dates(const struct certificate *certificate, const char *path, char *warning) {
    char date[64] = "";
    const ASN1_TIME *end = X509_get0_notAfter(certificate->own);
    BIO *out = BIO_new(BIO_s_mem());
    if (X509_cmp_current_time(X509_get0_notBefore(certificate->own)) > 0) {
        snprintf(warning, TLS_WHY_SIZE, "the certificate %s is not valid yet", path);
    } else if (X509_cmp_current_time(end) < 0) {
        if (out && ASN1_TIME_print(out, end)) BIO_gets(out, date, sizeof date);
        snprintf(warning, TLS_WHY_SIZE, "the certificate %s has expired: %s", path, date);
    }
    BIO_free(out);
    ERR_clear_error();
}

int certificate_read(struct certificate *certificate, const char *path, const char *key_path,
                     char why[TLS_WHY_SIZE], char warning[TLS_WHY_SIZE]) {
    *certificate = (struct certificate){0};
    if (read_certificates(certificate, path, why) < 0 || read_key(certificate, key_path, why) < 0)
        goto fail;
    if (X509_check_private_key(certificate->own, certificate->key) != 1) {
        ERR_clear_error();
        snprintf(why, TLS_WHY_SIZE, "the key %s is not that of the certificate %s", key_path, path);
        goto fail;
    }
    check_dates(certificate, path, warning);
    return 0;
fail:
    certificate_free(certificate);
    return -1;
}

void certificate_free(struct certificate *certificate) {
    X509_free(certificate->own);
    sk_X509_pop_free(certificate->chain, X509_free);
    EVP_PKEY_free(certificate->key);
    *certificate = (struct certificate){0};
}

/* ---- choosing ---- */

static const ASN1_OCTET_STRING *names_of(X509 *certificate) {
    int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, at));
}

static bool is_first_or_twin(X509 *certificate, X509 *first) {
    const ASN1_OCTET_STRING *names = names_of(certificate), *wanted = names_of(first);
    return certificate == first || (names && wanted && ASN1_OCTET_STRING_cmp(names, wanted) == 0);
}

enum likeness { BY_NAME, BY_WILDCARD, FIRST };

static bool is_for(X509 *certificate, X509 *first, const char *name, enum likeness likeness) {
    if (likeness == FIRST) return is_first_or_twin(certificate, first);
    unsigned flags = likeness == BY_NAME ? X509_CHECK_FLAG_NO_WILDCARDS : 0;
    return name && X509_check_host(certificate, name, 0, flags, NULL) == 1;
}

/* Of two with keys of one kind the earlier one stays. */
static int show(SSL *ssl, const struct tls_context *context, const char *name,
                enum likeness likeness) {
    int shown = 0;
    for (int i = context->count - 1; i >= 0; i--) {
        const struct certificate *one = &context->certificates[i];
        if (!is_for(one->own, context->certificates[0].own, name, likeness)) continue;
        if (SSL_use_cert_and_key(ssl, one->own, one->key, one->chain, 1) != 1) return -1;
        shown++;
    }
    return shown;
}

int certificate_choose(SSL *ssl, void *arg) {
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    int shown = 0;
    SSL_certs_clear(ssl);
    for (int likeness = BY_NAME; likeness <= FIRST && shown == 0; likeness++)
        shown = show(ssl, arg, name, (enum likeness)likeness);
    return shown > 0;
}
