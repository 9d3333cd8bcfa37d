/* A file of settings, greenroom.yaml. Its keys are the names of settings, but for "merge", whose
 * keys are names of settings and of types:
 *
 *     app: shop:app
 *     workers: 4                     # a scalar
 *     bind: [":8080", "unix:/run/a"] # a list; of one, the text alone will do
 *     static: {/assets: public}      # a map
 *     merge: {list: append, bind: override}
 */
#ifndef CONFIG_LAYER_FILE_H
#define CONFIG_LAYER_FILE_H

#include "config/layer.h"

/* Reads the file at path, which is kept. Each value has the shape of its setting then; whether it
 * is a good one, setting_set knows. Returns 0, or -1 with a sentence that names file, line and key.
 */
int layer_read_file(struct layer *layer, struct arena *arena, const char *path,
                    char error[SENTENCE_SIZE]);

/* The same, of what stands in it. */
int layer_read_text(struct layer *layer, struct arena *arena, const char *path, const char *data,
                    size_t len, char error[SENTENCE_SIZE]);

#endif
