// Float to integer without Swift's range check, which keeps a loop from becoming vector instructions.
// Callers have proven that the value is an integer that the result holds.
#include <stdint.h>

static inline int32_t tricot_int32_of_float(float value) { return (int32_t)value; }
static inline int32_t tricot_int32_of_double(double value) { return (int32_t)value; }
static inline int64_t tricot_int64_of_double(double value) { return (int64_t)value; }
