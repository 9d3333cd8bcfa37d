/* The routes of an application as gr_app_route arranges them and route_find walks them. */
#ifndef SERVER_ROUTE_TREE_H
#define SERVER_ROUTE_TREE_H

#include "server/route.h"

/* What one method does at the end of a pattern. */
struct route {
    struct route *next; /* same pattern, another method */
    char *method;       /* NULL: any */
    char *pattern;      /* as it was given */
    gr_handler *handler;
    void *data;
    char *names[ROUTE_PARAMS_MAX]; /* of the parameters, in the order of the path */
};

struct route_node {
    char *segment;               /* a literal, decoded; NULL for a parameter and for the root */
    struct route_node *sibling;  /* the next literal of the same parent */
    struct route_node *literals; /* children */
    struct route_node *param;    /* the child for any one segment */
    struct route *routes;        /* of patterns that end here */
    struct route *rest;          /* of patterns that end here with "{name...}" */
};

#endif
