/* The trace that a request belongs to: include/greenroom/request.h. */
#include "greenroom/request.h"
#include "http/trace_context.h"

/* Of several, nobody can tell which one is right. */
static gr_slice find(const gr_request *request, gr_slice *trace_id) {
    gr_slice name, value, found = {"", 0};
    int count = 0;
    for (size_t i = 0; gr_request_header_at(request, i, &name, &value); i++) {
        if (name.len != strlen("traceparent") ||
            !gr_slice_equal_nocase(name, gr_slice_of("traceparent")))
            continue;
        found = value;
        count++;
    }
    return count == 1 && http_traceparent_read(found, trace_id) ? found : (gr_slice){"", 0};
}

gr_slice gr_request_traceparent(const gr_request *request) {
    gr_slice trace_id;
    return find(request, &trace_id);
}

gr_slice gr_request_trace_id(const gr_request *request) {
    gr_slice trace_id;
    return find(request, &trace_id).len ? trace_id : (gr_slice){"", 0};
}
