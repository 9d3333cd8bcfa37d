/* Bytes as HTTP's grammar sorts them, and how to skip runs of them fast. No byte at or past `end`
 * is ever read. */
#ifndef HTTP_OCTETS_H
#define HTTP_OCTETS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum octet_class {
    OCTET_TOKEN = 1,    /* tchar (RFC 9110, 5.6.2) */
    OCTET_REG_NAME = 2, /* unreserved and sub-delims (RFC 3986, 3.2.2) */
    OCTET_DIGIT = 4,
    OCTET_HEX = 8,
};

extern const uint8_t octet_classes[256];

static inline bool octet_is(char c, enum octet_class class) {
    return octet_classes[(unsigned char)c] & class;
}

/* The value of a hex digit; the octet must be one. */
static inline unsigned octet_hex(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

static inline bool octet_is_blank(char c) { return c == ' ' || c == '\t'; }

/* No control character but TAB (RFC 9110, 5.5). */
static inline bool octet_is_text(char c) {
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

/* The first byte not of the class, or end. */
static inline const char *octets_skip(const char *at, const char *end, enum octet_class class) {
    while (at < end && octet_is(*at, class)) at++;
    return at;
}

static inline const char *octets_skip_blanks(const char *at, const char *end) {
    while (at < end && octet_is_blank(*at)) at++;
    return at;
}

/* Eight bytes are looked at in one word, as lanes of it, the first byte lowest. A test leaves the
 * top bit set in each lane that passes. Lanes above the first that passes may be wrong, since the
 * subtraction borrows from them; so only the first one counts. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the lanes are read in little-endian order"
#endif

#define LANES(byte) (0x0101010101010101u * (uint64_t)(byte))

static inline uint64_t lanes_load(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* limit is at most 0x80. */
static inline uint64_t lanes_below(uint64_t word, uint8_t limit) {
    return (word - LANES(limit)) & ~word & LANES(0x80);
}

static inline uint64_t lanes_equal(uint64_t word, uint8_t byte) {
    return lanes_below(word ^ LANES(byte), 1);
}

static inline unsigned lanes_first(uint64_t passed) { return __builtin_ctzll(passed) / 8; }

/* The first control character but TAB, or end: what ends a field value. */
static inline const char *octets_skip_text_plain(const char *at, const char *end) {
    while (end - at >= 8) {
        uint64_t word = lanes_load(at);
        uint64_t stops = lanes_below(word, 0x20) | lanes_equal(word, 0x7f);
        if (!stops) {
            at += 8;
            continue;
        }
        at += lanes_first(stops);
        if (*at != '\t') return at;
        at++;
    }
    while (at < end && octet_is_text(*at)) at++;
    return at;
}

/* The first byte that is "?", "#" or no visible ASCII character, or end: what ends the path of a
 * target. */
static inline const char *octets_skip_path_plain(const char *at, const char *end) {
    for (; end - at >= 8; at += 8) {
        uint64_t word = lanes_load(at);
        uint64_t stops = lanes_below(word, 0x21) | lanes_equal(word, 0x7f) | (word & LANES(0x80)) |
                         lanes_equal(word, '?') | lanes_equal(word, '#');
        if (stops) return at + lanes_first(stops);
    }
    while (at < end && (signed char)*at > 0x20 && *at != 0x7f && *at != '?' && *at != '#') at++;
    return at;
}

#ifdef __SSE2__

/* The same two, 16 bytes at a time: a seventh less time for the head of a browser's request. */
static inline const char *octets_skip_text(const char *at, const char *end) {
    const __m128i last_control = _mm_set1_epi8(0x1f), delete = _mm_set1_epi8(0x7f);

    while (end - at >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        __m128i stops = _mm_or_si128(controls, _mm_cmpeq_epi8(bytes, delete));
        unsigned places = (unsigned)_mm_movemask_epi8(stops);
        if (!places) {
            at += 16;
            continue;
        }
        at += __builtin_ctz(places);
        if (*at != '\t') return at;
        at++;
    }
    return octets_skip_text_plain(at, end);
}

static inline const char *octets_skip_path(const char *at, const char *end) {
    const __m128i first_visible = _mm_set1_epi8(0x21), delete = _mm_set1_epi8(0x7f);
    const __m128i query = _mm_set1_epi8('?'), fragment = _mm_set1_epi8('#');

    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        /* Signed: bytes beyond ASCII are below it as well. */
        __m128i invisible =
            _mm_or_si128(_mm_cmplt_epi8(bytes, first_visible), _mm_cmpeq_epi8(bytes, delete));
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, query), _mm_cmpeq_epi8(bytes, fragment));
        unsigned places = (unsigned)_mm_movemask_epi8(_mm_or_si128(invisible, marks));
        if (places) return at + __builtin_ctz(places);
    }
    return octets_skip_path_plain(at, end);
}

#else

static inline const char *octets_skip_text(const char *at, const char *end) {
    return octets_skip_text_plain(at, end);
}

static inline const char *octets_skip_path(const char *at, const char *end) {
    return octets_skip_path_plain(at, end);
}

#endif

#endif
