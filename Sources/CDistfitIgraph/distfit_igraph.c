#include "distfit_igraph.h"
#include <pthread.h>

#include <igraph.h>
#include <stdlib.h>

struct distfit_igraph {
  igraph_t graph;
  igraph_vector_t weights;
  igraph_vector_t strengths;
  double total;
};

static distfit_igraph *unlocked_create(
    int64_t vertex_count, int64_t edge_count, const int64_t *ends, const double *weights) {
  // The default handler ends the process; codes are enough here.
  igraph_set_error_handler(igraph_error_handler_ignore);
  igraph_set_warning_handler(igraph_warning_handler_ignore);
  distfit_igraph *result = malloc(sizeof *result);
  if (!result) return NULL;
  igraph_vector_int_t edges;
  if (igraph_vector_int_init(&edges, 2 * edge_count)) {
    free(result);
    return NULL;
  }
  for (int64_t i = 0; i < 2 * edge_count; i++) VECTOR(edges)[i] = ends[i];
  igraph_error_t code = igraph_create(&result->graph, &edges, vertex_count, IGRAPH_UNDIRECTED);
  igraph_vector_int_destroy(&edges);
  if (code) {
    free(result);
    return NULL;
  }
  if (igraph_vector_init(&result->weights, edge_count)) {
    igraph_destroy(&result->graph);
    free(result);
    return NULL;
  }
  if (igraph_vector_init(&result->strengths, vertex_count)) {
    igraph_vector_destroy(&result->weights);
    igraph_destroy(&result->graph);
    free(result);
    return NULL;
  }
  result->total = 0;
  for (int64_t i = 0; i < edge_count; i++) {
    double weight = weights ? weights[i] : 1;
    VECTOR(result->weights)[i] = weight;
    VECTOR(result->strengths)[ends[2 * i]] += weight;
    VECTOR(result->strengths)[ends[2 * i + 1]] += weight;
    result->total += weight;
  }
  return result;
}

static void unlocked_free(distfit_igraph *graph) {
  if (!graph) return;
  igraph_vector_destroy(&graph->strengths);
  igraph_vector_destroy(&graph->weights);
  igraph_destroy(&graph->graph);
  free(graph);
}

static int32_t unlocked_leiden(
    distfit_igraph *graph, double resolution, int64_t iterations, uint64_t seed,
    int64_t *membership) {
  int64_t vertex_count = igraph_vcount(&graph->graph);
  if (graph->total <= 0) {
    for (int64_t i = 0; i < vertex_count; i++) membership[i] = i;
    return 0;
  }
  igraph_vector_int_t found;
  igraph_error_t code = igraph_vector_int_init(&found, vertex_count);
  if (code) return code;
  igraph_rng_seed(igraph_rng_default(), seed);
  // Modularity: vertices weigh their strength, and the resolution is divided by twice the weight of all edges.
  code = igraph_community_leiden(
      &graph->graph, &graph->weights, &graph->strengths, resolution / (2 * graph->total), 0.01,
      false, iterations, &found, NULL, NULL);
  if (!code) {
    for (int64_t i = 0; i < vertex_count; i++) membership[i] = VECTOR(found)[i];
  }
  igraph_vector_int_destroy(&found);
  return code;
}

static int32_t unlocked_rewire(
    distfit_igraph *graph, int64_t trials, uint64_t seed, int64_t *ends) {
  igraph_t copy;
  igraph_error_t code = igraph_copy(&copy, &graph->graph);
  if (code) return code;
  igraph_rng_seed(igraph_rng_default(), seed);
  code = igraph_rewire(&copy, trials, IGRAPH_REWIRING_SIMPLE);
  if (!code) {
    igraph_vector_int_t edges;
    code = igraph_vector_int_init(&edges, 0);
    if (!code) {
      code = igraph_get_edgelist(&copy, &edges, false);
      int64_t count = igraph_vector_int_size(&edges);
      for (int64_t i = 0; !code && i < count; i++) ends[i] = VECTOR(edges)[i];
      igraph_vector_int_destroy(&edges);
    }
  }
  igraph_destroy(&copy);
  return code;
}

const char *distfit_igraph_error(int32_t code) { return igraph_strerror(code); }

// igraph keeps its error handling and random numbers in globals: one call at a time.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

distfit_igraph *distfit_igraph_create(
    int64_t vertex_count, int64_t edge_count, const int64_t *ends, const double *weights) {
  pthread_mutex_lock(&lock);
  distfit_igraph *graph = unlocked_create(vertex_count, edge_count, ends, weights);
  pthread_mutex_unlock(&lock);
  return graph;
}

void distfit_igraph_free(distfit_igraph *graph) {
  pthread_mutex_lock(&lock);
  unlocked_free(graph);
  pthread_mutex_unlock(&lock);
}

int32_t distfit_igraph_leiden(
    distfit_igraph *graph, double resolution, int64_t iterations, uint64_t seed,
    int64_t *membership) {
  pthread_mutex_lock(&lock);
  int32_t code = unlocked_leiden(graph, resolution, iterations, seed, membership);
  pthread_mutex_unlock(&lock);
  return code;
}

int32_t distfit_igraph_rewire(
    distfit_igraph *graph, int64_t trials, uint64_t seed, int64_t *ends) {
  pthread_mutex_lock(&lock);
  int32_t code = unlocked_rewire(graph, trials, seed, ends);
  pthread_mutex_unlock(&lock);
  return code;
}
