// What a data file may not do: keep its values in other files, or lead into them.
#include "internal.h"
#include <stdio.h>
#include <string.h>

static hid_t never_follow(const char *name, hid_t group, const void *value, size_t size, hid_t access,
                          hid_t transfer) {
  (void)name; (void)group; (void)value; (void)size; (void)access; (void)transfer;
  return -1;
}

static ssize_t give_value(const char *name, const void *value, size_t size, void *buffer, size_t capacity) {
  (void)name;
  if (buffer) memcpy(buffer, value, size < capacity ? size : capacity);
  return (ssize_t)size;
}

// No path from a data file is ever opened: the library's own class of such links makes way for one that leads nowhere.
void distfit_forbid_foreign_links(void) {
  const H5L_class_t class = {
      .version = H5L_LINK_CLASS_T_VERS,
      .id = H5L_TYPE_EXTERNAL,
      .comment = "link into another file",
      .trav_func = never_follow,
      .query_func = give_value,
  };
  H5Lregister(&class);
}

bool distfit_is_foreign_link(hid_t location, const char *path, char *target, size_t capacity) {
  H5L_info_t info;
  if (H5Lget_info(location, path, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_EXTERNAL) return false;
  char value[1024] = "";
  const char *file = NULL, *object = NULL;
  if (info.u.val_size < sizeof value &&
      H5Lget_val(location, path, value, sizeof value - 1, H5P_DEFAULT) >= 0)
    H5Lunpack_elink_val(value, info.u.val_size, NULL, &file, &object);
  snprintf(target, capacity, "%s", file ? file : "?");
  return true;
}

bool distfit_keeps_values_elsewhere(hid_t dataset, char *reason, size_t capacity) {
  hid_t creation = H5Dget_create_plist(dataset);
  if (creation < 0) return false;
  char name[256] = "";
  bool elsewhere = false;
  if (H5Pget_layout(creation) == H5D_VIRTUAL) {
    size_t count = 0;
    if (H5Pget_virtual_count(creation, &count) >= 0 && count > 0)
      H5Pget_virtual_filename(creation, 0, name, sizeof name - 1);
    snprintf(reason, capacity,
             "is a virtual data set, put together from other files (%zu parts, the first in %s), which distfit does not "
             "open. Write the values into one file: read and save it with anndata",
             count, name[0] ? name : "?");
    elsewhere = true;
  } else if (H5Pget_external_count(creation) > 0) {
    off_t offset;
    hsize_t size;
    H5Pget_external(creation, 0, sizeof name - 1, name, &offset, &size);
    snprintf(reason, capacity,
             "keeps its values in another file (%s), which distfit does not open. Write them into one file: read and "
             "save it with anndata, or h5repack",
             name[0] ? name : "?");
    elsewhere = true;
  }
  H5Pclose(creation);
  return elsewhere;
}
