#include "server/media_type.h"

#include <stdlib.h>

/* Sorted by extension. */
static const struct media_type known[] = {
    {"7z", "application/x-7z-compressed", false},
    {"aac", "audio/aac", false},
    {"apng", "image/apng", false},
    {"atom", "application/atom+xml", true},
    {"avif", "image/avif", false},
    {"bmp", "image/bmp", true},
    {"bz2", "application/x-bzip2", false},
    {"cjs", "text/javascript; charset=utf-8", true},
    {"css", "text/css; charset=utf-8", true},
    {"csv", "text/csv; charset=utf-8", true},
    {"eot", "application/vnd.ms-fontobject", true},
    {"epub", "application/epub+zip", false},
    {"flac", "audio/flac", false},
    {"geojson", "application/geo+json", true},
    {"gif", "image/gif", false},
    {"gz", "application/gzip", false},
    {"htm", "text/html; charset=utf-8", true},
    {"html", "text/html; charset=utf-8", true},
    {"ico", "image/vnd.microsoft.icon", true},
    {"ics", "text/calendar; charset=utf-8", true},
    {"jpeg", "image/jpeg", false},
    {"jpg", "image/jpeg", false},
    {"js", "text/javascript; charset=utf-8", true},
    {"json", "application/json", true},
    {"jsonld", "application/ld+json", true},
    {"jxl", "image/jxl", false},
    {"m4a", "audio/mp4", false},
    {"m4v", "video/mp4", false},
    {"map", "application/json", true},
    {"md", "text/markdown; charset=utf-8", true},
    {"mjs", "text/javascript; charset=utf-8", true},
    {"mp3", "audio/mpeg", false},
    {"mp4", "video/mp4", false},
    {"mpeg", "video/mpeg", false},
    {"oga", "audio/ogg", false},
    {"ogg", "audio/ogg", false},
    {"ogv", "video/ogg", false},
    {"opus", "audio/ogg", false},
    {"otf", "font/otf", true},
    {"pdf", "application/pdf", false},
    {"png", "image/png", false},
    {"rss", "application/rss+xml", true},
    {"svg", "image/svg+xml", true},
    {"tar", "application/x-tar", true},
    {"tif", "image/tiff", false},
    {"tiff", "image/tiff", false},
    {"ttf", "font/ttf", true},
    {"txt", "text/plain; charset=utf-8", true},
    {"vtt", "text/vtt; charset=utf-8", true},
    {"wasm", "application/wasm", true},
    {"wav", "audio/wav", false},
    {"weba", "audio/webm", false},
    {"webm", "video/webm", false},
    {"webmanifest", "application/manifest+json", true},
    {"webp", "image/webp", false},
    {"woff", "font/woff", false},
    {"woff2", "font/woff2", false},
    {"xhtml", "application/xhtml+xml", true},
    {"xml", "application/xml", true},
    {"yaml", "application/yaml", true},
    {"yml", "application/yaml", true},
    {"zip", "application/zip", false},
    {"zst", "application/zstd", false},
};

enum { EXTENSION_MAX = 16 };

static int compare(const void *key, const void *entry) {
    return strcmp(key, ((const struct media_type *)entry)->extension);
}

const struct media_type *media_type_of(gr_slice path) {
    static const struct media_type unknown = {"", "application/octet-stream", false};
    char extension[EXTENSION_MAX];
    size_t len = 0;
    while (len < path.len && len < sizeof extension - 1) {
        char c = path.data[path.len - 1 - len];
        if (c == '.' || c == '/') break;
        len++;
    }
    if (len == path.len || path.data[path.len - 1 - len] != '.') return &unknown;
    for (size_t i = 0; i < len; i++) {
        char c = path.data[path.len - len + i];
        extension[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    extension[len] = '\0';
    const struct media_type *found =
        bsearch(extension, known, sizeof known / sizeof *known, sizeof *known, compare);
    return found ? found : &unknown;
}

/* Of a Content-Type, without parameters. */
static gr_slice essence_of(gr_slice content_type) {
    const char *semicolon = memchr(content_type.data, ';', content_type.len);
    if (semicolon) content_type.len = (size_t)(semicolon - content_type.data);
    while (content_type.len && (content_type.data[content_type.len - 1] == ' ' ||
                                content_type.data[content_type.len - 1] == '\t'))
        content_type.len--;
    return content_type;
}

static bool ends_in(gr_slice text, const char *suffix) {
    size_t len = strlen(suffix);
    return text.len >= len &&
           gr_slice_equal_nocase((gr_slice){text.data + text.len - len, len}, gr_slice_of(suffix));
}

bool media_type_is_compressible(gr_slice content_type) {
    static const char *const others[] = {"application/javascript", "application/x-javascript",
                                         "application/x-ndjson", "application/graphql",
                                         "image/x-icon"};
    gr_slice type = essence_of(content_type);
    if (type.len > 5 && gr_slice_equal_nocase((gr_slice){type.data, 5}, gr_slice_of("text/")))
        return true;
    if (ends_in(type, "+json") || ends_in(type, "+xml") || ends_in(type, "+yaml")) return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (gr_slice_equal_nocase(type, gr_slice_of(others[i]))) return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].compressible &&
            gr_slice_equal_nocase(type, essence_of(gr_slice_of(known[i].type))))
            return true;
    return false;
}
