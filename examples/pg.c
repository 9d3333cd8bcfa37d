/* A handler that asks PostgreSQL through libpq, as it is. The connection string comes from the
 * environment variable PGCONNINFO; without it libpq's own variables count.
 *
 *     greenroom serve examples/pg.so
 *     curl http://127.0.0.1:8000/pg
 */
#include <stdio.h>
#include <stdlib.h>

#include <greenroom/greenroom.h>
#include <libpq-fe.h>

static void fail(gr_request *request, const char *why) {
    gr_log(GR_LOG_ERROR, "pg: %s", why);
    gr_respond(request, 502, "text/plain", "the database does not answer\n", 29);
}

static void query(gr_request *request, PGconn *database) {
    PGresult *result = PQexec(database, "select pg_sleep(0.1), now()::text");
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        const char *now = PQgetvalue(result, 0, 1);
        gr_respond(request, 200, "text/plain", now, strlen(now));
    } else {
        fail(request, PQerrorMessage(database));
    }
    PQclear(result);
}

static void ask(gr_request *request, void *data) {
    const char *conninfo = getenv("PGCONNINFO");
    PGconn *database = PQconnectdb(conninfo ? conninfo : "");
    if (PQstatus(database) == CONNECTION_OK)
        query(request, database);
    else
        fail(request, PQerrorMessage(database));
    PQfinish(database);
}

int gr_app_setup(gr_app *app) { return gr_app_route(app, "GET", "/pg", ask, NULL); }
