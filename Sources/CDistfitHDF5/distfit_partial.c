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
  distfit_partial_remove_all();
  // The handler was for once (SA_RESETHAND): what now comes is the usual end.
  raise(signal_number);
}

/// Handlers that the program has for itself stay. A limit on the size of files shows as a failed write.
static void prepare(void) {
  const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU,
                      SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
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

int distfit_partial_remember(const char *name) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
  if (strlen(name) >= LONGEST) return -1;
  for (int index = 0; index < SLOTS; index++) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&states[index], &none, 1)) continue;
    strcpy(names[index], name);
    atomic_store(&states[index], 2);
    return index;
  }
  return -1;
}

int distfit_partial_create(const char *name, unsigned mode, int *slot) {
  *slot = -1;
  int descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
  if (descriptor >= 0) *slot = distfit_partial_remember(name);
  return descriptor;
}

void distfit_partial_remove_all(void) {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (atomic_load(&states[slot]) == 2) unlink(names[slot]);
  }
}

void distfit_partial_forget(int slot) {
  if (slot >= 0) atomic_store(&states[slot], 0);
}
