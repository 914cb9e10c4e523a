// Files under construction: created under a name of their own, and removed when a signal ends the process.
#include "distfit_hdf5.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 64, LONGEST = 4096 };

// A signal handler can reach nothing but static storage (POSIX.1-2017, XSH 2.4.3).
static char names[SLOTS][LONGEST];
static atomic_int states[SLOTS];  // 0 free, 1 being set, 2 holds the name of a file

static void remove_and_end(int signal_number) {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (atomic_load(&states[slot]) == 2) unlink(names[slot]);
  }
  // The handler was for once (SA_RESETHAND): what now comes is the usual end.
  raise(signal_number);
}

/// Handlers that the program has for itself stay. A limit on the size of files shows as a failed write.
static void prepare(void) {
  const int ends[] = {SIGHUP, SIGINT, SIGTERM};
  for (size_t index = 0; index < sizeof ends / sizeof ends[0]; index++) {
    struct sigaction action;
    if (sigaction(ends[index], NULL, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    memset(&action, 0, sizeof action);
    action.sa_handler = remove_and_end;
    action.sa_flags = SA_RESETHAND;
    sigaction(ends[index], &action, NULL);
  }
  signal(SIGXFSZ, SIG_IGN);
}

int distfit_partial_create(const char *name, unsigned mode, int *slot) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
  *slot = -1;
  int descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
  if (descriptor < 0 || strlen(name) >= LONGEST) return descriptor;
  for (int index = 0; index < SLOTS && *slot < 0; index++) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&states[index], &none, 1)) continue;
    strcpy(names[index], name);
    atomic_store(&states[index], 2);
    *slot = index;
  }
  return descriptor;
}

void distfit_partial_forget(int slot) {
  if (slot >= 0) atomic_store(&states[slot], 0);
}
