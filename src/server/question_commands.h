/* The commands of question.h that there are. */
#ifndef SERVER_QUESTION_COMMANDS_H
#define SERVER_QUESTION_COMMANDS_H

#include "server/question.h"

/* NULL when there is none of that name. */
question_answer *question_command(gr_slice name);

#endif
