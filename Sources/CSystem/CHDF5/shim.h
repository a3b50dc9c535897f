#include <hdf5.h>

// Swift does not see HDF5's macros that open the library or cast: each gets a function here.
static inline hid_t tricot_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t tricot_h5t_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t tricot_h5s_all(void) { return H5S_ALL; }
static inline unsigned tricot_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline size_t tricot_h5t_variable(void) { return H5T_VARIABLE; }
static inline hid_t tricot_h5t_c_string(void) { return H5T_C_S1; }

// The library prints every error to stderr unless told not to.
static inline void tricot_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }
