/* What `greenroom config` says. */
#ifndef CONFIG_EXPLAIN_H
#define CONFIG_EXPLAIN_H

#include "config/configuration.h"

/* Everything that holds, as a file that could be read again. Behind each text stands where it comes
 * from; what has its default is a comment. */
void configuration_print(const struct configuration *configuration, FILE *out);

/* What holds of one setting, then all that the layers say of it, the highest first: where that
 * stands, and by which strategy it was laid over what is below. */
void configuration_explain(const struct configuration *configuration, const struct setting *setting,
                           FILE *out);

#endif
