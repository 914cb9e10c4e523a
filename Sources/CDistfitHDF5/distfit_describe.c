// Types, texts and attributes.
#include "internal.h"
#include <stdlib.h>
#include <string.h>

int distfit_describe(hid_t type, hid_t space, distfit_description *result) {
  memset(result, 0, sizeof *result);
  result->isNull = H5Sget_simple_extent_type(space) == H5S_NULL;
  result->rank = result->isNull ? 0 : H5Sget_simple_extent_ndims(space);
  if (result->rank < 0 || result->rank > DISTFIT_MAXIMUM_RANK) return -1;
  hsize_t shape[DISTFIT_MAXIMUM_RANK];
  if (result->rank > 0 && H5Sget_simple_extent_dims(space, shape, NULL) < 0) return -1;
  for (int i = 0; i < result->rank; i++) result->shape[i] = shape[i];
  result->size = (int)H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      result->typeClass = DISTFIT_CLASS_INTEGER;
      result->isSigned = H5Tget_sign(type) == H5T_SGN_2;
      break;
    case H5T_FLOAT: result->typeClass = DISTFIT_CLASS_FLOAT; break;
    case H5T_STRING:
      result->typeClass = DISTFIT_CLASS_STRING;
      result->isVariableLength = H5Tis_variable_str(type) > 0;
      break;
    case H5T_ENUM: result->typeClass = DISTFIT_CLASS_ENUMERATION; break;
    default: result->typeClass = DISTFIT_CLASS_OTHER; break;
  }
  return 0;
}

int distfit_each_text(hid_t type, hid_t space, uint64_t count, void *buffer,
                      distfit_text_callback each, void *context) {
  if (H5Tis_variable_str(type) > 0) {
    char **texts = buffer;
    for (uint64_t i = 0; i < count; i++) each(context, texts[i] ? texts[i] : "", texts[i] ? strlen(texts[i]) : 0);
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
  }
  size_t size = H5Tget_size(type);
  bool padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  for (uint64_t i = 0; i < count; i++) {
    const char *text = (const char *)buffer + i * size;
    size_t length = strnlen(text, size);
    while (padded && length > 0 && text[length - 1] == ' ') length--;
    each(context, text, length);
  }
  return 0;
}

int distfit_hdf5_has_attribute(distfit_id file, const char *path, const char *name) {
  distfit_enter();
  return (int)distfit_leave(H5Aexists_by_name(file, path, name, H5P_DEFAULT));
}

/// The attribute with its type and space open; -1 (nothing open) on failure.
static hid_t open_attribute(hid_t file, const char *path, const char *name, hid_t *type, hid_t *space) {
  hid_t attribute = H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) return -1;
  *type = H5Aget_type(attribute);
  *space = H5Aget_space(attribute);
  return attribute;
}

static void close_attribute(hid_t attribute, hid_t type, hid_t space) {
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  H5Aclose(attribute);
}

int distfit_hdf5_describe_attribute(distfit_id file, const char *path, const char *name,
                                    distfit_description *description) {
  distfit_enter();
  hid_t type, space, attribute = open_attribute(file, path, name, &type, &space);
  if (attribute < 0) return (int)distfit_leave(-1);
  int status = type < 0 || space < 0 ? -1 : distfit_describe(type, space, description);
  distfit_note(status);
  close_attribute(attribute, type, space);
  return (int)distfit_leave(status);
}

int distfit_hdf5_read_attribute(distfit_id file, const char *path, const char *name, int memoryType,
                                uint64_t capacity, void *values) {
  distfit_enter();
  hid_t type, space, attribute = open_attribute(file, path, name, &type, &space);
  if (attribute < 0) return (int)distfit_leave(-1);
  int status = -1;
  bool isEnumeration = H5Tget_class(type) == H5T_ENUM;
  if (H5Sget_simple_extent_npoints(space) <= (hssize_t)capacity
      && !(isEnumeration && (H5Tget_size(type) != 1 || memoryType != DISTFIT_BOOLEAN)))
    status = H5Aread(attribute, isEnumeration ? type : distfit_memory_type(memoryType), values);
  distfit_note(status);
  close_attribute(attribute, type, space);
  return (int)distfit_leave(status);
}

int distfit_hdf5_read_attribute_texts(distfit_id file, const char *path, const char *name,
                                      distfit_text_callback each, void *context) {
  distfit_enter();
  hid_t type, space, attribute = open_attribute(file, path, name, &type, &space);
  if (attribute < 0) return (int)distfit_leave(-1);
  int status = -1;
  hssize_t count = H5Sget_simple_extent_npoints(space);
  // An attribute lies in an object header or dense storage; a million texts is damage.
  if (H5Tget_class(type) == H5T_STRING && count >= 0 && count <= 1000000) {
    size_t size = H5Tget_size(type);
    void *buffer = size <= (1u << 30) ? calloc((size_t)count + 1, size > 0 ? size : 1) : NULL;
    status = buffer ? H5Aread(attribute, type, buffer) : -1;
    distfit_note(status);
    if (status >= 0) status = distfit_each_text(type, space, (uint64_t)count, buffer, each, context);
    free(buffer);
  }
  close_attribute(attribute, type, space);
  return (int)distfit_leave(status);
}
