/* --downstream db.example:5432?max-connections=20&read-timeout=5: what holds for downstreams. */
#ifndef CONFIG_DOWNSTREAM_RULE_H
#define CONFIG_DOWNSTREAM_RULE_H

#include "config/sentence.h"
#include "guard/policy.h"

/* Reads it: whom it is about, as subject_parse says, and behind the first "?"
 *
 *     max-connections=N    open at a time
 *     max-calls=N          sent, and not answered yet, at a time
 *     max-queued=N         that wait for their turn for either
 *     connect-timeout=S
 *     read-timeout=S
 *     breaker=P%           it opens when so many fail
 *     breaker-window=S     of those of the last S seconds; 10
 *     breaker-calls=N      when there are so many at least; 10
 *     breaker-pause=S      for so long; 5
 *
 * Returns 0, or -1 with what is wrong: a sentence about text. */
int downstream_rule_parse(const char *text, struct policy *policy, char error[SENTENCE_SIZE]);

#endif
