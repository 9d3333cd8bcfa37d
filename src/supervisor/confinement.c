#include "supervisor/confinement.h"

#include "supervisor/sandbox.h"

int confinement_find(struct confinement *confinement, const struct settings *settings,
                     char error[SENTENCE_SIZE]) {
    confinement->sandbox = settings->sandbox;
    if (identity_find(&confinement->identity, settings, error) < 0) return -1;
    return affinity_find(&confinement->affinity, settings, error);
}

void confinement_free(struct confinement *confinement) { identity_free(&confinement->identity); }

const char *confinement_enter(const struct confinement *confinement, int slot) {
    if (slot != CONFINEMENT_NO_SLOT && affinity_keep(&confinement->affinity, slot) < 0)
        return "keep to its CPUs";
    if (confinement->sandbox && sandbox_prepare() < 0) return "enter the sandbox";
    if (identity_assume(&confinement->identity) < 0) return "become its user";
    if (confinement->sandbox && sandbox_enter() < 0) return "enter the sandbox";
    return NULL;
}
