#include <hdf5.h>

// Swift does not see HDF5's macros that open the library or cast: each gets a function here.
static inline hid_t tricot_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t tricot_h5t_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t tricot_h5s_all(void) { return H5S_ALL; }
static inline unsigned tricot_h5f_read_only(void) { return H5F_ACC_RDONLY; }

// The library prints every error to stderr unless told not to.
static inline void tricot_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// Reading texts of variable length, the library trusts what a file says about its heap and crashes if that is wrong.
// So they are read as what they are in the file, 16 opaque bytes each (length, heap address, index), and followed by code
// that checks. HDF5 allows this by a conversion of one's own, which has nothing to convert.
static inline herr_t tricot_h5_keep_bytes(
    hid_t source, hid_t destination, H5T_cdata_t *data, size_t count, size_t stride, size_t background_stride,
    void *buffer, void *background, hid_t transfer) {
  (void)source, (void)destination, (void)count, (void)stride, (void)background_stride;
  (void)buffer, (void)background, (void)transfer;
  if (data->command == H5T_CONV_INIT) data->need_bkg = H5T_BKG_NO;
  return 0;
}

// The opaque type that a text of variable length may be read as; call once. Negative on failure.
static inline hid_t tricot_h5_heap_reference_type(void) {
  hid_t text = H5Tcopy(H5T_C_S1);
  hid_t reference = H5Tcreate(H5T_OPAQUE, 16);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_tag(reference, "heap reference");
  herr_t status = H5Tregister(H5T_PERS_SOFT, "heap reference", text, reference, tricot_h5_keep_bytes);
  H5Tclose(text);
  return status < 0 ? -1 : reference;
}
