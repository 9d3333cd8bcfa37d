/* The dashboard's page (docs/dashboard.md): the files of this folder, which the build puts into the
 * program. */
#ifndef DASHBOARD_DASHBOARD_H
#define DASHBOARD_DASHBOARD_H

#include "greenroom/base.h"

struct dashboard_file {
    const char *path; /* "/" is index.html, others lie below "/dashboard/" */
    const char *type;
    const char *etag; /* with its quotes */
    const char *data;
    size_t size;
};

/* NULL for none. */
const struct dashboard_file *dashboard_find(gr_slice path);

#endif
