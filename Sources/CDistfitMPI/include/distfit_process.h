// What a process must know of its operating system, and Swift cannot say without globals or macros:
// which signal arrived, and on which cores it may run.

#ifndef DISTFIT_PROCESS_H
#define DISTFIT_PROCESS_H

#include <stdint.h>

/// Notes SIGINT, SIGTERM and SIGUSR1 instead of dying of them; a second SIGINT ends the process.
void distfit_signals_note(void);
/// The first signal noted, 0 if none.
int32_t distfit_signals_noted(void);
/// Whether a signal that is noted waits for the next look (1), or ends the process with status 75 two seconds later (0):
/// while data are read there is no next look.
void distfit_signals_wait(int32_t patiently);
/// What is done before such an end; it must be fit for a signal's handler.
void distfit_signals_before_end(void (*body)(void));
/// Writes one byte (1 or 0) per core: whether this process may run there. Local.
void distfit_cores_allowed(uint8_t *cores, int32_t capacity);
/// How many cores the machine has.
int32_t distfit_cores_present(void);

#endif
