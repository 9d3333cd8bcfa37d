#include "supervisor/admin_access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_MIN = 16, TOKEN_MAX = 512 };

static char token[TOKEN_MAX + 2]; /* "": none is needed */
static bool is_local;

/* ---- the token ---- */

/* Its first line. */
static int read_token(const char *path, char *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, token, TOKEN_MAX + 1);
    if (fd < 0 || len < 0) {
        sentence(error, "admin-token-file: %s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    close(fd);
    token[len] = '\0';
    token[strcspn(token, "\r\n")] = '\0';
    size_t used = strlen(token);
    if (used >= TOKEN_MIN && used <= TOKEN_MAX) return 0;
    return sentence(error,
                    "admin-token-file: the first line of %s must be a token of %d to %d bytes",
                    path, TOKEN_MIN, TOKEN_MAX);
}

int admin_access_take(const struct settings *settings, char error[SENTENCE_SIZE]) {
    return *settings->admin_token_file ? read_token(settings->admin_token_file, error) : 0;
}

void admin_access_by(bool local) { is_local = local; }

/* In a time that does not tell how much of it was right. */
static bool is_token(gr_slice given) {
    size_t len = strlen(token);
    unsigned char wrong = given.len != len;
    for (size_t i = 0; i < given.len; i++)
        wrong |= (unsigned char)(given.data[i] ^ token[i < len ? i : 0]);
    return !wrong;
}

static bool has_token(const struct admin_request *request) {
    static const char scheme[] = "Bearer ";
    gr_slice field = admin_request_field(request, "Authorization");
    size_t len = sizeof scheme - 1;
    if (field.len <= len ||
        !gr_slice_equal_nocase((gr_slice){field.data, len}, gr_slice_of(scheme)))
        return false;
    return is_token((gr_slice){field.data + len, field.len - len});
}

/* ---- pages of elsewhere ---- */

/* A name that somebody else can have resolved to this address is none of ours. */
static bool is_own_name(const struct admin_request *request) {
    char name[64];
    struct in6_addr ignored;
    gr_slice host = {request->head + request->parsed.host.at, request->parsed.host.len};
    const char *end = host.data + host.len;
    const char *from = host.data + (host.len && *host.data == '[');
    const char *to =
        from > host.data ? memchr(host.data, ']', host.len) : memchr(host.data, ':', host.len);
    size_t len = (size_t)((to ? to : end) - from);
    if (len >= sizeof name) return false;
    memcpy(name, from, len);
    name[len] = '\0';
    return !*name || strcasecmp(name, "localhost") == 0 ||
           inet_pton(AF_INET, name, &ignored) == 1 || inet_pton(AF_INET6, name, &ignored) == 1;
}

bool admin_access_misnamed(struct admin_request *request) {
    if (*token || is_local || is_own_name(request)) return false;
    admin_request_refuse(request, 421, "", "ask for localhost, or by the number of the address");
    return true;
}

/* Fetch Metadata: what browsers say of who has them ask. It could not read the answer, but would
 * have the server work. */
static bool is_for_another_page(const struct admin_request *request) {
    gr_slice site = admin_request_field(request, "Sec-Fetch-Site");
    return site.data && !gr_slice_equal(site, gr_slice_of("same-origin")) &&
           !gr_slice_equal(site, gr_slice_of("none"));
}

bool admin_access_denied(struct admin_request *request) {
    if (*token && !has_token(request))
        admin_request_refuse(request, 401, "WWW-Authenticate: Bearer\r\n", "a token is needed");
    else if (is_for_another_page(request))
        admin_request_refuse(request, 403, "", "another page has asked for this");
    else
        return false;
    return true;
}
