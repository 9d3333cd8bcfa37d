/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/media_type.h"

static const char *type_of(const char *path) { return media_type_of(gr_slice_of(path))->type; }

static void every_extension_is_found(void **state) {
    static const char *const extensions[] = {
        "7z",   "aac",     "apng", "atom",  "avif",        "bmp",  "bz2",  "cjs",    "css",
        "csv",  "eot",     "epub", "flac",  "gif",         "gz",   "htm",  "html",   "ico",
        "ics",  "geojson", "jpeg", "jpg",   "js",          "json", "jxl",  "jsonld", "m4a",
        "m4v",  "map",     "md",   "mjs",   "mp3",         "mp4",  "mpeg", "oga",    "ogg",
        "ogv",  "opus",    "otf",  "pdf",   "png",         "rss",  "svg",  "tar",    "tif",
        "tiff", "ttf",     "txt",  "vtt",   "wasm",        "wav",  "weba", "webm",   "webp",
        "woff", "xml",     "yaml", "woff2", "webmanifest", "yml",  "zip",  "xhtml",  "zst",
    };
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        char path[32] = "name.";
        strcat(path, extensions[i]);
        assert_string_equal(media_type_of(gr_slice_of(path))->extension, extensions[i]);
    }
}

static void the_last_extension_counts_in_any_case(void **state) {
    assert_string_equal(type_of("a.tar.GZ"), "application/gzip");
    assert_string_equal(type_of("dir.css/page.Html"), "text/html; charset=utf-8");
}

static void what_is_not_known_is_bytes(void **state) {
    static const char *const paths[] = {"",           ".",       "a",
                                        "a.",         "a.html.", "a.unknown",
                                        "dir.html/a", "html",    "a.extensionthatislonger"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_string_equal(type_of(paths[i]), "application/octet-stream");
}

static void text_is_compressible_and_images_are_not(void **state) {
    assert_true(media_type_of(gr_slice_of("a.js"))->compressible);
    assert_false(media_type_of(gr_slice_of("a.png"))->compressible);
}

static void content_types_are_judged_without_their_parameters(void **state) {
    static const char *const compressible[] = {
        "text/plain",           "Text/HTML;charset=utf-8", "text/event-stream",
        "application/json",     "application/json ; a=b",  "application/ld+json",
        "image/svg+xml",        "application/wasm",        "application/x-ndjson",
        "application/XHTML+XML"};
    static const char *const others[] = {"",
                                         "text/",
                                         "text",
                                         "image/png",
                                         "application/zip",
                                         "application/octet-stream",
                                         "a;text/plain",
                                         "font/woff2"};
    for (size_t i = 0; i < sizeof compressible / sizeof *compressible; i++)
        assert_true(media_type_is_compressible(gr_slice_of(compressible[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(media_type_is_compressible(gr_slice_of(others[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_extension_is_found),
        cmocka_unit_test(the_last_extension_counts_in_any_case),
        cmocka_unit_test(what_is_not_known_is_bytes),
        cmocka_unit_test(text_is_compressible_and_images_are_not),
        cmocka_unit_test(content_types_are_judged_without_their_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
