#define _GNU_SOURCE
#include "distfit_process.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A signal handler can reach nothing but static storage (POSIX.1-2017, XSH 2.4.3).
static volatile sig_atomic_t noted = 0;

static volatile sig_atomic_t impatient = 0;
static void (*volatile cleanup)(void) = NULL;

/// How long a phase without steps may go on after a signal.
enum { GRACE_SECONDS = 2 };

static void note(int signal) {
  // 128 + signal is the status a shell reports for a process that a signal ended.
  if (signal == SIGINT && noted == SIGINT) {
    if (cleanup) cleanup();
    _exit(128 + signal);
  }
  if (noted == 0) noted = signal;
  if (impatient) alarm(GRACE_SECONDS);
}

static void give_up(int signal) {
  (void)signal;
  if (!impatient) return;
  if (cleanup) cleanup();
  static const char text[] =
      "Error: stopped by a signal while the data were read; nothing is lost, run the same command again\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(75);
}

void distfit_signals_wait(int32_t patiently) {
  impatient = !patiently;
  alarm(impatient && noted != 0 ? GRACE_SECONDS : 0);
}

void distfit_signals_before_end(void (*body)(void)) { cleanup = body; }

void distfit_signals_note(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;  // reads and writes in progress go on
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  action.sa_handler = give_up;
  sigaction(SIGALRM, &action, NULL);
  // A parent may have blocked them, and the mask is inherited.
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGUSR1);
  sigaddset(&wanted, SIGALRM);
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
