// Shared by the parts of the shim; not seen from Swift.
#ifndef DISTFIT_HDF5_INTERNAL_H
#define DISTFIT_HDF5_INTERNAL_H

#include "distfit_hdf5.h"
#include <hdf5.h>

/// Takes the lock; the first call sets the library up.
void distfit_enter(void);
/// Keeps the reason if `result` < 0: the next call of the library forgets it. Returns `result`.
int64_t distfit_note(int64_t result);
/// Notes the reason if `result` < 0, gives the lock back, returns `result`.
int64_t distfit_leave(int64_t result);
/// As distfit_leave for failures the library has no words for.
int64_t distfit_leave_saying(const char *reason);

hid_t distfit_memory_type(int type);
/// The type to store; close it with H5Tclose.
hid_t distfit_file_type(int type);
hid_t distfit_text_type(void);
int distfit_describe(hid_t type, hid_t space, distfit_description *description);
int distfit_each_text(hid_t type, hid_t space, uint64_t count, void *buffer,
                      distfit_text_callback each, void *context);
herr_t distfit_register_lzf(void);
/// From now on the library cannot follow links into other files.
void distfit_forbid_foreign_links(void);
/// Whether a link leads into another file; `target` is its name.
bool distfit_is_foreign_link(hid_t location, const char *path, char *target, size_t capacity);
/// Whether values lie in other files (external storage, virtual data sets); `reason` says which. Opens none of them.
bool distfit_keeps_values_elsewhere(hid_t dataset, char *reason, size_t capacity);
/// Makes files of this access property list write to `descriptor`, and remember failed writes in `failure` instead of
/// failing.
herr_t distfit_use_driver(hid_t access, int descriptor, int *failure);

#endif
