/* Settings from the environment: GREENROOM_HEAD_TIMEOUT is head-timeout. */
#ifndef CONFIG_LAYER_ENVIRONMENT_H
#define CONFIG_LAYER_ENVIRONMENT_H

#include "config/layer.h"

/* environment is as environ(7). Blanks part the values of an option that may be repeated; an empty
 * variable says nothing. What else begins with GREENROOM_ is somebody else's, and passed over,
 * unless it is one slip of the finger from a setting: that is refused. The texts are kept. Returns
 * 0, or -1 with a sentence. */
int layer_read_environment(struct layer *layer, struct arena *arena, char *const *environment,
                           char error[SENTENCE_SIZE]);

#endif
