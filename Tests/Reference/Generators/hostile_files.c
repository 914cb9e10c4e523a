// AnnData files that lead into other files or round in circles, written into the working folder by libhdf5 itself:
//
//     cc hostile_files.c $(pkg-config --cflags --libs hdf5-openmpi) -o hostile_files && ./hostile_files
#include <hdf5.h>
#include <string.h>

static void attribute(hid_t object, const char *name, const char *text) {
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, strlen(text));
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, text);
  H5Aclose(attribute), H5Sclose(space), H5Tclose(type);
}

static hid_t group(hid_t file, const char *name, const char *encoding, const char *version) {
  hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  attribute(group, "encoding-type", encoding);
  attribute(group, "encoding-version", version);
  return group;
}

/// A table without columns: `names` has `count` names of two letters each.
static void table(hid_t file, const char *place, const char *names, hsize_t count) {
  hid_t frame = group(file, place, "dataframe", "0.2.0");
  attribute(frame, "_index", "_index");
  hsize_t none = 0;
  hid_t text = H5Tcopy(H5T_C_S1), empty = H5Screate_simple(1, &none, NULL);
  H5Tset_size(text, 2);
  H5Tset_cset(text, H5T_CSET_UTF8);
  H5Tset_strpad(text, H5T_STR_NULLPAD);
  H5Aclose(H5Acreate2(frame, "column-order", text, empty, H5P_DEFAULT, H5P_DEFAULT));
  hid_t space = H5Screate_simple(1, &count, NULL);
  hid_t index = H5Dcreate2(frame, "_index", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  attribute(index, "encoding-type", "string-array");
  attribute(index, "encoding-version", "0.2.0");
  H5Dwrite(index, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, names);
  H5Dclose(index), H5Sclose(space), H5Sclose(empty), H5Tclose(text), H5Gclose(frame);
}

static hid_t frame(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
  hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  H5Pclose(access);
  attribute(file, "encoding-type", "anndata");
  attribute(file, "encoding-version", "0.1.0");
  table(file, "obs", "c1c2", 2);
  table(file, "var", "g1g2g3", 3);
  return file;
}

static void matrix(hid_t file, hid_t creation, hid_t space) {
  H5Dclose(H5Dcreate2(file, "X", H5T_STD_I32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Pclose(creation), H5Sclose(space), H5Fclose(file);
}

int main(void) {
  hsize_t extent[2] = {2, 3};
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(creation, "/etc/passwd", 0, 24);
  matrix(frame("values-elsewhere.h5ad"), creation, H5Screate_simple(2, extent, NULL));

  creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t space = H5Screate_simple(2, extent, NULL);
  H5Pset_virtual(creation, space, "source.h5", "X", space);
  matrix(frame("virtual.h5ad"), creation, space);

  hid_t file = frame("link-elsewhere.h5ad");
  H5Lcreate_external("other.h5", "/X", file, "X", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);

  file = frame("circle.h5ad");
  H5Gclose(group(file, "uns", "dict", "0.1.0"));
  H5Gclose(group(file, "uns/distfit", "dict", "0.1.0"));
  H5Gclose(group(file, "uns/distfit/a", "dict", "0.1.0"));
  H5Lcreate_soft("/uns/distfit", file, "uns/distfit/a/left", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/uns/distfit", file, "uns/distfit/a/right", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  return 0;
}
