#include "server/static.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "http/conditional.h"
#include "http/response_head.h"
#include "server/media_type.h"

enum { OPEN_TRIES = 8, ETAG_SIZE = 64, RANGE_SIZE = 80 };

struct mount {
    gr_slice prefix; /* without a slash at its end: "" or "/assets" */
    int directory;
};

static struct mount mounts[SERVER_STATICS_MAX];
static int mount_count;
bool statics_on;

/* ---- opening ---- */

/* Resolution beneath the directory is refused with EAGAIN while somebody renames (openat2(2)). */
static int open_beneath(int directory, const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = -EAGAIN;
    for (int i = 0; i < OPEN_TRIES && (fd == -EAGAIN || fd == -EINTR); i++)
        fd = sys(SYS_openat2, directory, path, &how, sizeof how);
    return (int)fd;
}

int statics_open(const struct server_options *options, const char **which) {
    for (int i = 0; i < options->static_count; i++) {
        *which = options->statics[i];
        const char *equals = strchr(*which, '=');
        gr_slice prefix = {*which, (size_t)(equals - *which)};
        while (prefix.len && prefix.data[prefix.len - 1] == '/') prefix.len--;
        long fd = sys(SYS_openat, AT_FDCWD, equals + 1, O_PATH | O_DIRECTORY | O_CLOEXEC);
        int probe = fd < 0 ? (int)fd : open_beneath((int)fd, ".");
        if (probe < 0) {
            errno = -probe;
            return -1;
        }
        sys(SYS_close, probe);
        fd_keep((int)fd, true);
        mounts[mount_count++] = (struct mount){prefix, (int)fd};
    }
    statics_on = mount_count > 0;
    return 0;
}

/* ---- which file ---- */

/* No segment is empty or begins with a dot, but for the one of RFC 8615. */
static bool is_servable(const char *path) {
    static const char well_known[] = ".well-known/";
    if (strncmp(path, well_known, sizeof well_known - 1) == 0) path += sizeof well_known - 1;
    for (;;) {
        if (*path == '.' || *path == '/' || *path == '\0') return false;
        path = strchr(path, '/');
        if (!path) return true;
        path++;
    }
}

/* The path beneath the mount, or NULL; NUL at its end, with room for a suffix. */
static char *path_beneath(gr_request *request, const struct mount *mount) {
    enum { SUFFIX_ROOM = 8 };
    gr_slice path = request->path;
    size_t len = mount->prefix.len;
    if (path.len <= len + 1 || memcmp(path.data, mount->prefix.data, len) != 0 ||
        path.data[len] != '/' || path.len - len >= PATH_MAX - SUFFIX_ROOM)
        return NULL;
    size_t rest = path.len - len - 1;
    char *name = arena_alloc(&request->arena, rest + 1 + SUFFIX_ROOM);
    if (!name) return NULL;
    memcpy(name, path.data + len + 1, rest);
    name[rest] = '\0';
    return strlen(name) == rest && is_servable(name) ? name : NULL;
}

struct file {
    int fd; /* or a negated errno */
    struct stat status;
    const char *coding; /* of a compressed variant; NULL for the file itself */
};

static struct file file_open(int directory, const char *path) {
    struct file file = {.fd = open_beneath(directory, path)};
    if (file.fd < 0) return file;
    int error = fstat(file.fd, &file.status) < 0 ? errno
                : S_ISREG(file.status.st_mode)   ? 0
                                                 : ENOENT;
    if (!error) return file;
    sys(SYS_close, file.fd);
    file.fd = -error;
    return file;
}

static bool is_older(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* The variant that the client wants most and that is no older than the file, in its place. */
static void choose_variant(gr_request *request, int directory, char *path, struct file *file) {
    static const struct variant {
        const char *coding, *suffix;
    } variants[] = {{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}};
    gr_slice accepted;
    if (!gr_request_header(request, "Accept-Encoding", &accepted)) return;
    char *end = path + strlen(path);
    struct timespec modified = file->status.st_mtim;
    int best = 0;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        int weight = http_coding_weight(accepted, gr_slice_of(variants[i].coding));
        if (weight <= best) continue;
        strcpy(end, variants[i].suffix);
        struct file variant = file_open(directory, path);
        if (variant.fd < 0) continue;
        if (is_older(&variant.status.st_mtim, &modified)) {
            sys(SYS_close, variant.fd);
            continue;
        }
        sys(SYS_close, file->fd);
        *file = variant;
        file->coding = variants[i].coding;
        best = weight;
    }
    *end = '\0';
}

/* ---- the answer ---- */

static gr_slice field(const gr_request *request, const char *name) {
    gr_slice value;
    return gr_request_header(request, name, &value) ? value : (gr_slice){NULL, 0};
}

static struct http_preconditions preconditions_of(const gr_request *request) {
    return (struct http_preconditions){
        .if_match = field(request, "If-Match"),
        .if_none_match = field(request, "If-None-Match"),
        .if_modified_since = field(request, "If-Modified-Since"),
        .if_unmodified_since = field(request, "If-Unmodified-Since"),
        .if_range = field(request, "If-Range"),
        .range = field(request, "Range"),
    };
}

/* Changes with the content as far as the file system's clock can tell. */
static gr_slice etag_of(const struct file *file, char text[ETAG_SIZE]) {
    int len = snprintf(text, ETAG_SIZE, "\"%" PRIx64 ".%lx-%" PRIx64 "%s%s\"",
                       (uint64_t)file->status.st_mtim.tv_sec, file->status.st_mtim.tv_nsec,
                       (uint64_t)file->status.st_size, file->coding ? "-" : "",
                       file->coding ? file->coding : "");
    return (gr_slice){text, (size_t)len};
}

static void begin(gr_request *request, int status, const struct media_type *type,
                  const struct http_validators *validators) {
    char date[HTTP_DATE_LENGTH];
    http_date(date, validators->modified);
    gr_response_begin(request, status, NULL);
    request->response.compression.forbidden = true; /* variants are chosen here */
    gr_response_header_slice(request, gr_slice_of("ETag"), validators->etag);
    gr_response_header_slice(request, gr_slice_of("Last-Modified"), (gr_slice){date, sizeof date});
    if (type->compressible) gr_response_header(request, "Vary", "Accept-Encoding");
}

static void send_file(gr_request *request, const struct file *file, const struct media_type *type,
                      const struct http_validators *validators, int64_t now) {
    char range[RANGE_SIZE];
    int64_t size = file->status.st_size, offset = 0, len = size;
    struct http_preconditions asked = preconditions_of(request);
    switch (http_condition(&asked, validators, now)) {
    case HTTP_CONDITION_FAILS:
        return response_brief(request, 412, "", NULL, NULL);
    case HTTP_CONDITION_UNCHANGED:
        begin(request, 304, type, validators);
        gr_response_end(request);
        return;
    case HTTP_CONDITION_HOLDS:
        break;
    }
    enum http_range_kind kind = http_range(&asked, validators, size, now, &offset, &len);
    if (kind == HTTP_RANGE_OUTSIDE) {
        snprintf(range, sizeof range, "bytes */%" PRId64, size);
        return response_brief(request, 416, "", "Content-Range", range);
    }
    begin(request, kind == HTTP_RANGE_PARTIAL ? 206 : 200, type, validators);
    gr_response_header(request, "Content-Type", type->type);
    gr_response_header(request, "Accept-Ranges", "bytes");
    if (file->coding) gr_response_header(request, "Content-Encoding", file->coding);
    if (kind == HTTP_RANGE_PARTIAL) {
        snprintf(range, sizeof range, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, offset,
                 offset + len - 1, size);
        gr_response_header(request, "Content-Range", range);
    }
    gr_response_send_file(request, file->fd, offset, (size_t)len);
}

/* Returns false when there is no such file. */
static bool answer_from(gr_request *request, const struct mount *mount) {
    char *path = path_beneath(request, mount);
    if (!path) return false;
    struct file file = file_open(mount->directory, path);
    switch (file.fd) {
    case -EACCES:
    case -EPERM:
        response_brief(request, 403, "", NULL, NULL);
        return true;
    case -EMFILE:
    case -ENFILE:
    case -ENOMEM:
        response_brief(request, 503, "", NULL, NULL);
        return true;
    default:
        if (file.fd < 0) return false;
    }
    const struct media_type *type = media_type_of(gr_slice_of(path));
    if (type->compressible) choose_variant(request, mount->directory, path, &file);
    char etag[ETAG_SIZE];
    struct http_validators validators = {etag_of(&file, etag), file.status.st_mtim.tv_sec};
    send_file(request, &file, type, &validators, time(NULL));
    sys(SYS_close, file.fd);
    return true;
}

bool static_answer(gr_request *request) {
    gr_slice method = gr_request_method(request);
    if (!gr_slice_equal(method, gr_slice_of("GET")) && !gr_slice_equal(method, gr_slice_of("HEAD")))
        return false;
    for (int i = 0; i < mount_count; i++)
        if (answer_from(request, &mounts[i])) return true;
    return false;
}
