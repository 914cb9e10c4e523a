// The one door to igraph: plain C types only, because igraph's headers and those of other C libraries cannot be
// imported into one Swift module.
//
// A function that returns int32_t returns 0, or igraph's error code, for which distfit_igraph_error gives the text.
// igraph's random numbers and errors have one state for the whole process: every call takes one lock.

#ifndef DISTFIT_IGRAPH_H
#define DISTFIT_IGRAPH_H

#include <stdint.h>

/// An undirected graph with a weight for each edge.
typedef struct distfit_igraph distfit_igraph;

/// A graph of edges between ends[2 i] and ends[2 i + 1]; weights may be NULL: all 1. Null where it cannot be made.
distfit_igraph *distfit_igraph_create(
    int64_t vertex_count, int64_t edge_count, const int64_t *ends, const double *weights);
/// Gives a graph back; does nothing with NULL.
void distfit_igraph_free(distfit_igraph *graph);

/// Communities by Leiden's algorithm for modularity with a resolution, from single vertices.
///
/// membership gets a community, counted from 0, for each vertex.
int32_t distfit_igraph_leiden(
    distfit_igraph *graph, double resolution, int64_t iterations, uint64_t seed,
    int64_t *membership);

/// Swaps ends of edges so often without changing the degree of any vertex, and writes the edges.
///
/// Weights stay with the place of an edge in the list. No loops and no double edges appear.
int32_t distfit_igraph_rewire(
    distfit_igraph *graph, int64_t trials, uint64_t seed, int64_t *ends);

/// igraph's text for an error code.
const char *distfit_igraph_error(int32_t code);

#endif
