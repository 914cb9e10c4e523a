#define _GNU_SOURCE
#include "distfit_process.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A signal handler can reach nothing but static storage (POSIX.1-2017, XSH 2.4.3).
static volatile sig_atomic_t noted = 0;

static void note(int signal) {
  // 128 + signal is the status a shell reports for a process that a signal ended.
  if (signal == SIGINT && noted == SIGINT) _exit(128 + signal);
  if (noted == 0) noted = signal;
}

void distfit_signals_note(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;  // reads and writes in progress go on
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  // A parent may have blocked them, and the mask is inherited.
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &wanted, NULL);
}

int32_t distfit_signals_noted(void) { return noted; }

void distfit_cores_allowed(uint8_t *cores, int32_t capacity) {
  memset(cores, 0, (size_t)capacity);
  const size_t size = CPU_ALLOC_SIZE(capacity);
  cpu_set_t *allowed = CPU_ALLOC(capacity);
  if (allowed != NULL && sched_getaffinity(0, size, allowed) == 0) {
    for (int core = 0; core < capacity; core += 1) {
      cores[core] = CPU_ISSET_S(core, size, allowed) != 0;
    }
  }
  if (allowed != NULL) CPU_FREE(allowed);
}

int32_t distfit_cores_present(void) {
  const long present = sysconf(_SC_NPROCESSORS_ONLN);
  return present > 0 ? (int32_t)present : 1;
}
