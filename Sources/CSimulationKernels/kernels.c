#include "CSimulationKernels.h"

#if defined(__x86_64__)
#define VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
// AVX-512F alone has no instructions for lanes of 16 bits.
#define VECTORISED_16 __attribute__((target_clones("avx512bw", "avx2", "default")))
#else
#define VECTORISED
#define VECTORISED_16
#endif

// Vectors of this length become one, two or four of the machine's.
typedef int32_t int32x16 __attribute__((vector_size(64), aligned(4)));
typedef uint32_t uint32x16 __attribute__((vector_size(64), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE int32_t fitted(int32_t value, tricot_fit fit) {
  value = value > fit.floor ? value : fit.floor;
  value = (int32_t)((uint32_t)value + (uint32_t)fit.half) >> fit.shift;
  value = value < fit.low ? fit.low : value;
  value = value > fit.high ? fit.high : value;
  return (int32_t)((uint32_t)((value & fit.mask) ^ fit.sign) - (uint32_t)fit.sign);
}

#define FIT(name, source_type, destination_type)                                                                    \
  VECTORISED void name(                                                                                             \
      const source_type *restrict source, destination_type *restrict destination, long count, tricot_fit fit) {     \
    for (long i = 0; i < count; i++) destination[i] = (destination_type)fitted((int32_t)source[i], fit);            \
  }
FIT(tricot_fit_f32_f32, float, float)
FIT(tricot_fit_f32_i32, float, int32_t)
FIT(tricot_fit_i32_f32, int32_t, float)
FIT(tricot_fit_i32_i32, int32_t, int32_t)

// The strided loads are better done one by one than by the gather instructions of many processors.
#define GATHER_FIT(name, destination_type)                                                                          \
  VECTORISED void name(                                                                                             \
      const int32_t *restrict source, long stride, destination_type *restrict destination, long count,              \
      tricot_fit fit) {                                                                                             \
    for (long start = 0; start < count; start += 128) {                                                             \
      int32_t values[128];                                                                                          \
      long length = count - start < 128 ? count - start : 128;                                                      \
      _Pragma("clang loop vectorize(disable)") for (long i = 0; i < length; i++) values[i] =                        \
          source[(start + i) * stride];                                                                             \
      for (long i = 0; i < length; i++) destination[start + i] = (destination_type)fitted(values[i], fit);          \
    }                                                                                                               \
  }
GATHER_FIT(tricot_gather_fit_f32, float)
GATHER_FIT(tricot_gather_fit_i32, int32_t)

#define FILL(name, type)                                                                                            \
  VECTORISED void name(type *restrict destination, const type *restrict values, long rows, long lanes) {            \
    for (long row = 0; row < rows; row++, destination += lanes)                                                     \
      for (long lane = 0; lane < lanes; lane++) destination[lane] = values[row];                                    \
  }
FILL(tricot_fill_f32, float)
FILL(tricot_fill_f64, double)

// Adding and subtracting 1.5 * 2^52 rounds a small double to the nearest integer, ties to even; the difference to it is
// exact, and tells whether the column's rounding wants one of its neighbours.
VECTORISED int tricot_round(
    const double *restrict source, long stride, const double *restrict rules, long columns, long rows,
    int32_t *restrict result) {
  const double magic = 0x1.8p52;
  const double *restrict scale = rules, *restrict low_negative = rules + columns;
  const double *restrict high_negative = low_negative + columns, *restrict low_positive = high_negative + columns;
  const double *restrict high_positive = low_positive + columns;
  int32_t bad = 0;
  for (long row = 0; row < rows; row++, source += stride, result += columns)
    for (long i = 0; i < columns; i++) {
      double scaled = source[i] * scale[i];
      double nearest = (scaled + magic) - magic;
      double difference = scaled - nearest;
      double low = scaled > 0 ? low_positive[i] : low_negative[i];
      double high = scaled > 0 ? high_positive[i] : high_negative[i];
      double rounded = nearest + (difference > high ? 1.0 : 0.0) - (difference < low ? 1.0 : 0.0);
      int fits = __builtin_fabs(scaled) < 0x1p30;
      bad |= !fits;
      result[i] = (int32_t)(fits ? rounded : 0);
    }
  return !bad;
}

VECTORISED long tricot_count_outside(
    const int32_t *restrict values, long stride, long count, int32_t low, int32_t high) {
  long outside = 0;
  for (long i = 0; i < count; i++) outside += values[i * stride] < low || values[i * stride] > high;
  return outside;
}

VECTORISED void tricot_dot_i32(
    const int32_t *restrict x, long lanes, const tricot_term *restrict terms, long count, int32_t bias,
    int32_t *restrict sums) {
  for (long lane = 0; lane < lanes; lane += 16) {
    uint32x16 sum = (uint32x16){0} + (uint32_t)bias;
    for (long term = 0; term < count; term++) {
      uint32x16 row = *(const uint32x16 *)(x + terms[term].input * lanes + lane);
      sum += (uint32x16)((int32x16)(row * (uint32_t)terms[term].weight) >> terms[term].drop);
    }
    *(uint32x16 *)(sums + lane) = sum;
  }
}

// One step of a tree for all lanes: no branch, no gather. Vectors are written out, because the compiler can't know that
// rows of the stack don't overlap.
#define CHOOSE(YES, NO)                                                                                             \
  for (long l = 0; l < lanes; l += step) {                                                                          \
    const vector is_left = *(const vector *)(row + l) < threshold;                                                  \
    *(vector *)(result + l) = (is_left & (YES)) | (~is_left & (NO));                                                \
  }

// Sums of leaves. The result of a comparison takes the place of the lower value that it used.
#define TREES(vectorised, name, type, op_type, sum_type)                                                            \
  vectorised void name(                                                                                             \
      const type *x, long lanes, const op_type *ops, long count, type *stack, sum_type *sums) {                     \
    enum { step = 16 };                                                                                             \
    typedef type vector __attribute__((vector_size(step * sizeof(type)), aligned(sizeof(type))));                   \
    typedef sum_type sum_vector __attribute__((vector_size(step * sizeof(sum_type)), aligned(sizeof(sum_type))));   \
    type *result = stack - lanes;                                                                                   \
    for (long i = 0; i < count; i++) {                                                                              \
      const op_type op = ops[i];                                                                                    \
      const type *row = x + op.feature * lanes;                                                                     \
      const vector threshold = (vector){0} + (type)op.threshold;                                                    \
      const vector left = (vector){0} + (type)op.left, right = (vector){0} + (type)op.right;                        \
      switch (op.kind & (TRICOT_TREE_LEFT_IS_VALUE | TRICOT_TREE_RIGHT_IS_VALUE | TRICOT_TREE_LEFT_ON_TOP)) {       \
      case 0:                                                                                                       \
        result += lanes;                                                                                            \
        CHOOSE(left, right)                                                                                         \
        break;                                                                                                      \
      case TRICOT_TREE_LEFT_IS_VALUE: CHOOSE(*(const vector *)(result + l), right) break;                           \
      case TRICOT_TREE_RIGHT_IS_VALUE: CHOOSE(left, *(const vector *)(result + l)) break;                           \
      case TRICOT_TREE_LEFT_IS_VALUE | TRICOT_TREE_RIGHT_IS_VALUE:                                                  \
        result -= lanes;                                                                                            \
        CHOOSE(*(const vector *)(result + l), *(const vector *)(result + lanes + l))                                \
        break;                                                                                                      \
      default:                                                                                                      \
        result -= lanes;                                                                                            \
        CHOOSE(*(const vector *)(result + lanes + l), *(const vector *)(result + l))                                \
      }                                                                                                             \
      if (op.kind & TRICOT_TREE_ROOT) {                                                                             \
        for (long l = 0; l < lanes; l += step)                                                                      \
          *(sum_vector *)(sums + l) += __builtin_convertvector(*(const vector *)(result + l), sum_vector);          \
        result -= lanes;                                                                                            \
      }                                                                                                             \
    }                                                                                                               \
  }
TREES(VECTORISED_16, tricot_trees_i16, int16_t, tricot_tree_op, int32_t)
TREES(VECTORISED, tricot_trees_i32, int32_t, tricot_tree_op, int32_t)
TREES(VECTORISED, tricot_trees_i64, int64_t, tricot_wide_tree_op, int64_t)

VECTORISED void tricot_narrow_i16(const int32_t *restrict source, int16_t *restrict destination, long count) {
  for (long i = 0; i < count; i++) destination[i] = (int16_t)source[i];
}
