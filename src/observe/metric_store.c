#include "observe/metric_store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hash.h"

/* ---- the file ---- */

struct metric_store *metric_store_map(int fd) {
    void *at = mmap(NULL, METRIC_STORE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct metric_store *metric_store_alone(void) {
    void *at = mmap(NULL, METRIC_STORE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NULL;
    struct metric_store *store = at;
    atomic_store(&store->used, sizeof *store);
    return store;
}

void metric_store_unmap(struct metric_store *store) { munmap(store, METRIC_STORE_SIZE); }

/* Its size is sealed: no worker can take memory away from beneath the master. */
struct metric_store *metric_store_make(int *fd) {
    *fd = memfd_create("greenroom-metrics", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0) return NULL;
    if (ftruncate(*fd, METRIC_STORE_SIZE) == 0 &&
        fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        struct metric_store *store = metric_store_map(*fd);
        if (store) {
            atomic_store(&store->used, sizeof *store);
            return store;
        }
    }
    int saved = errno;
    close(*fd);
    *fd = -1;
    errno = saved;
    return NULL;
}

/* Whole cache lines. */
uint32_t metric_store_allocate(struct metric_store *store, size_t size) {
    size = (size + 63) / 64 * 64;
    uint32_t place = atomic_load_explicit(&store->used, memory_order_relaxed);
    do
        if (place + size > METRIC_STORE_SIZE) return 0;
    while (!atomic_compare_exchange_weak(&store->used, &place, place + (uint32_t)size));
    return place;
}

/* ---- the index ---- */

struct key {
    bool family;
    gr_slice name, labels;
    uint32_t hash;
};

static gr_slice at_some_place(gr_slice text) { return text.len ? text : (gr_slice){"", 0}; }

static struct key key_of(bool family, gr_slice name, gr_slice labels) {
    labels = at_some_place(labels);
    uint64_t hash = hash_more(HASH_START + family, name.data, name.len);
    if (!family) hash = hash_more(hash, labels.data, labels.len);
    return (struct key){family, name, labels, hash_fold(hash)};
}

static bool is(const struct gr_metric *metric, const struct key *key) {
    if (metric->hash != key->hash || metric->family != key->family ||
        metric->name_len != key->name.len ||
        memcmp(metric->text, key->name.data, key->name.len) != 0)
        return false;
    return key->family ||
           (metric->labels_len == key->labels.len &&
            memcmp(metric->text + metric->name_len, key->labels.data, key->labels.len) == 0);
}

/* The metric, or NULL with *slot where it would belong, which may be NULL: the index is full. */
static struct gr_metric *look_up(struct metric_store *store, const struct key *key,
                                 atomic_uint **slot) {
    for (uint32_t i = 0; i < METRIC_INDEX; i++) {
        *slot = &store->index[(key->hash + i) % METRIC_INDEX];
        uint32_t place = atomic_load_explicit(*slot, memory_order_acquire);
        if (!place) return NULL;
        struct gr_metric *metric = metric_store_at(store, place);
        if (is(metric, key)) return metric;
    }
    *slot = NULL;
    return NULL;
}

static uint32_t make(struct metric_store *store, const struct key *key, gr_metric_kind kind) {
    uint32_t place =
        metric_store_allocate(store, sizeof(struct gr_metric) + key->name.len + key->labels.len);
    if (!place) return 0;
    struct gr_metric *metric = metric_store_at(store, place);
    metric->hash = key->hash;
    metric->kind = (uint8_t)kind;
    metric->family = key->family;
    metric->name_len = (uint16_t)key->name.len;
    metric->labels_len = (uint16_t)key->labels.len;
    atomic_store_explicit(&metric->min, INFINITY, memory_order_relaxed);
    atomic_store_explicit(&metric->max, -INFINITY, memory_order_relaxed);
    memcpy(metric->text, key->name.data, key->name.len);
    memcpy(metric->text + key->name.len, key->labels.data, key->labels.len);
    return place;
}

/* Enters it, unless another thread was faster: then that one's. */
static struct gr_metric *enter(struct metric_store *store, const struct key *key,
                               gr_metric_kind kind) {
    atomic_uint *slot;
    uint32_t place = 0;
    for (;;) {
        struct gr_metric *metric = look_up(store, key, &slot);
        if (metric || !slot) return metric;
        if (!place && !(place = make(store, key, kind))) return NULL;
        uint32_t none = 0;
        if (atomic_compare_exchange_strong(slot, &none, place))
            return metric_store_at(store, place);
    }
}

/* Counts one more, if that is not too many. */
static bool claim(atomic_uint *count, uint32_t most) {
    uint32_t before = atomic_load_explicit(count, memory_order_relaxed);
    do
        if (before >= most) return false;
    while (!atomic_compare_exchange_weak(count, &before, before + 1));
    return true;
}

struct gr_metric *metric_store_family(struct metric_store *store, gr_metric_kind kind,
                                      gr_slice name, gr_slice help) {
    struct key key = key_of(true, name, help);
    atomic_uint *slot;
    struct gr_metric *family = look_up(store, &key, &slot);
    if (family) return family;
    bool fits = metric_is_own(name) ? claim(&store->own_families, METRIC_OWN_FAMILIES_MAX)
                                    : claim(&store->families, METRIC_FAMILIES_MAX);
    return fits ? enter(store, &key, kind) : NULL;
}

static struct gr_metric *others_of(struct metric_store *store, struct gr_metric *family,
                                   const struct key *key) {
    uint32_t place = atomic_load_explicit(&family->others, memory_order_acquire), none = 0;
    if (!place && (place = make(store, key, family->kind)) &&
        !atomic_compare_exchange_strong(&family->others, &none, place))
        place = none;
    return place ? metric_store_at(store, place) : NULL;
}

struct gr_metric *metric_store_series(struct metric_store *store, struct gr_metric *family,
                                      gr_slice labels, gr_slice others) {
    gr_slice name = {family->text, family->name_len};
    struct key key = key_of(false, name, labels);
    atomic_uint *slot;
    struct gr_metric *series = look_up(store, &key, &slot);
    if (series) return series;
    bool fits = metric_is_own(name) ? claim(&family->series, METRIC_OWN_FAMILY_MAX) &&
                                          claim(&store->own_series, METRIC_OWN_SERIES_MAX)
                                    : claim(&store->series, METRIC_SERIES_MAX);
    series = fits ? enter(store, &key, family->kind) : NULL;
    if (series) return series;
    key = key_of(false, name, others);
    return others_of(store, family, &key);
}

/* ---- histograms ---- */

/* What place names; if nothing, so many bytes are put there. 0 when there is no room. */
static uint32_t ensure(struct metric_store *store, atomic_uint *place, size_t size) {
    uint32_t at = atomic_load_explicit(place, memory_order_acquire), none = 0;
    if (at || !(at = metric_store_allocate(store, size))) return at;
    return atomic_compare_exchange_strong(place, &none, at) ? at : none;
}

struct metric_octave *metric_store_octave(struct metric_store *store, struct gr_metric *metric,
                                          unsigned octave) {
    uint32_t table = ensure(store, &metric->octaves, HISTOGRAM_OCTAVES * sizeof(atomic_uint));
    if (!table) return NULL;
    atomic_uint *places = metric_store_at(store, table);
    uint32_t place = ensure(store, &places[octave], sizeof(struct metric_octave));
    return place ? metric_store_at(store, place) : NULL;
}

void metric_widen(struct gr_metric *metric, double min, double max) {
    double before = atomic_load_explicit(&metric->min, memory_order_relaxed);
    while (min < before &&
           !atomic_compare_exchange_weak_explicit(&metric->min, &before, min, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
    before = atomic_load_explicit(&metric->max, memory_order_relaxed);
    while (max > before &&
           !atomic_compare_exchange_weak_explicit(&metric->max, &before, max, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}
