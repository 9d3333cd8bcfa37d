/* What a setting is given as, judged and put in its place: for each kind what its values look like.
 */
#ifndef CONFIG_SETTING_VALUE_H
#define CONFIG_SETTING_VALUE_H

#include "config/settings.h"

/* Sets one; one more of what repeats. The text is kept, not copied. Returns 0, or -1 with a
 * sentence in error that begins with the name of the setting, without "--". */
int setting_set(struct settings *settings, const struct setting *setting, const char *value,
                char error[SENTENCE_SIZE]);

#endif
