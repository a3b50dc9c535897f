#include "CSimulationKernels.h"

#include <string.h>

#if defined(__x86_64__)
#define VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
// AVX-512F alone has no instructions for lanes of 16 bits.
#define VECTORISED_16 __attribute__((target_clones("avx512bw", "avx2", "default")))
// AVX2 alone has no products that are added at once.
#define VECTORISED_FMA __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define VECTORISED
#define VECTORISED_FMA
#define VECTORISED_16
#endif

// Vectors of this length become one, two or four of the machine's.
typedef int32_t int32x16 __attribute__((vector_size(64), aligned(4)));
typedef uint32_t uint32x16 __attribute__((vector_size(64), aligned(4)));
typedef float floatx16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t int32x8 __attribute__((vector_size(32), aligned(4)));
typedef uint32_t uint32x8 __attribute__((vector_size(32), aligned(4)));
typedef int64_t int64x8 __attribute__((vector_size(64), aligned(8)));
typedef float floatx8 __attribute__((vector_size(32), aligned(4)));
typedef double doublex8 __attribute__((vector_size(64), aligned(8)));

#define INLINE static inline __attribute__((always_inline))

INLINE int32_t rounded(int32_t value, tricot_fit fit, int is_signed) {
  value = value > fit.floor ? value : fit.floor;
  int32_t half = fit.half;
  // Roundings that look at the sign or at the bit that remains; the others leave this out.
  if (is_signed) half += ((value >> 31) & fit.negative) + ((value >> fit.shift) & fit.even);
  return (int32_t)((uint32_t)value + (uint32_t)half) >> fit.shift;
}

INLINE int32_t placed(int32_t value, tricot_fit fit) {
  value = value < fit.low ? fit.low : value;
  value = value > fit.high ? fit.high : value;
  return (int32_t)((uint32_t)((value & fit.mask) ^ fit.sign) - (uint32_t)fit.sign);
}

// Source and destination may be the same memory: every element depends on itself alone.
#define FIT_LOOP(destination_type, is_signed)                                                                       \
  _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < count; i++) destination[i] =                  \
      (destination_type)placed(rounded((int32_t)source[i], fit, is_signed), fit);
#define COUNTED_FIT_LOOP(destination_type, is_signed)                                                               \
  _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < samples; i++) {                               \
    int32_t value = rounded((int32_t)source[i], fit, is_signed);                                                    \
    outside += (value < low) | (value > high);                                                                      \
    destination[i] = (destination_type)placed(value, fit);                                                          \
  }
#define FIT(name, counted_name, source_type, destination_type)                                                      \
  VECTORISED void name(const source_type *source, destination_type *destination, long count, tricot_fit fit) {      \
    if (fit.negative | fit.even) {                                                                                  \
      FIT_LOOP(destination_type, 1)                                                                                 \
    } else {                                                                                                        \
      FIT_LOOP(destination_type, 0)                                                                                 \
    }                                                                                                               \
  }                                                                                                                 \
  VECTORISED long counted_name(                                                                                     \
      const source_type *source, destination_type *destination, long rows, long lanes, long samples,                \
      tricot_fit fit, int32_t low, int32_t high) {                                                                  \
    long total = 0;                                                                                                 \
    for (long row = 0; row < rows; row++, source += lanes, destination += lanes) {                                  \
      uint32_t outside = 0;                                                                                         \
      if (fit.negative | fit.even) {                                                                                \
        COUNTED_FIT_LOOP(destination_type, 1)                                                                       \
      } else {                                                                                                      \
        COUNTED_FIT_LOOP(destination_type, 0)                                                                       \
      }                                                                                                             \
      for (long i = samples; i < lanes; i++)                                                                        \
        destination[i] = (destination_type)placed(rounded((int32_t)source[i], fit, 1), fit);                        \
      total += outside;                                                                                             \
    }                                                                                                               \
    return total;                                                                                                   \
  }
FIT(tricot_fit_f32_f32, tricot_counted_fit_f32_f32, float, float)
FIT(tricot_fit_f32_i32, tricot_counted_fit_f32_i32, float, int32_t)
FIT(tricot_fit_i32_f32, tricot_counted_fit_i32_f32, int32_t, float)
FIT(tricot_fit_i32_i32, tricot_counted_fit_i32_i32, int32_t, int32_t)

// The result may be the memory of an operand.
#define CHOOSE_ROWS(name, type, comparison)                                                                         \
  VECTORISED void name(const type *a, const type *b, type *result, long count) {                                    \
    _Pragma("clang loop vectorize(assume_safety)") for (long i = 0; i < count; i++) result[i] =                     \
        a[i] comparison b[i] ? a[i] : b[i];                                                                         \
  }
CHOOSE_ROWS(tricot_max_f32, float, >)
CHOOSE_ROWS(tricot_min_f32, float, <)
CHOOSE_ROWS(tricot_max_i32, int32_t, >)
CHOOSE_ROWS(tricot_min_i32, int32_t, <)

#define FILL(name, type)                                                                                            \
  VECTORISED void name(type *restrict destination, const type *restrict values, long rows, long lanes) {            \
    for (long row = 0; row < rows; row++, destination += lanes)                                                     \
      for (long lane = 0; lane < lanes; lane++) destination[lane] = values[row];                                    \
  }
FILL(tricot_fill_f32, float)
FILL(tricot_fill_f64, double)

// Adding and subtracting 1.5 * 2^52 rounds a small double to the nearest integer, ties to even; the difference to it is
// exact, and tells whether the rounding wants one of its neighbours.
#define NEAREST(value) (((value) + 0x1.8p52) - 0x1.8p52)
#define WHERE(condition, yes, no) ((doublex8)(((int64x8)(yes) & (condition)) | ((int64x8)(no) & ~(condition))))

// Parameters of one column for all, where they are alike; `alike` and the kind of rounding are constants here. Numbers are
// fetched a sample ahead: what little is done with each leaves no time to wait for memory.
INLINE long quantize(
    const double *restrict source, long stride, const double *restrict scale, const int32_t *restrict bounds,
    long columns, long rows, tricot_rounding rounding, int kind, int alike, int32_t *restrict result, long width) {
  const doublex8 zero = {0}, one = zero + 1.0;
  const doublex8 low_positive = zero + rounding.low_positive, low_negative = zero + rounding.low_negative;
  const doublex8 high_positive = zero + rounding.high_positive, high_negative = zero + rounding.high_negative;
  const int64x8 magnitude = (int64x8){0} + INT64_MAX, limit = (int64x8)(zero + 0x1p30);
  const doublex8 scale_of_all = zero + scale[0];
  const int32x8 low_of_all = (int32x8){0} + bounds[0], high_of_all = (int32x8){0} + bounds[width];
  const int32x8 mask_of_all = (int32x8){0} + bounds[2 * width], sign_of_all = (int32x8){0} + bounds[3 * width];
  int64x8 largest = {0};
  int32x8 outside = {0};
  for (long row = 0; row < rows; row++, source += stride, result += width) {
    for (long i = 0; i < columns; i += 8) {
      doublex8 number = zero;
      if (columns - i >= 8) {
        number = *(const doublex8 *)(source + i);
        __builtin_prefetch(source + i + stride);
      } else {
        for (long j = i; j < columns; j++) number[j - i] = source[j];
      }
      const doublex8 scaled = number * (alike ? scale_of_all : *(const doublex8 *)(scale + i));
      // As integers, magnitudes stand in their order, and behind them what is no number.
      const int64x8 size = (int64x8)scaled & magnitude;
      const int64x8 fits = size < limit;
      largest = __builtin_elementwise_max(largest, size);
      const doublex8 safe = (doublex8)((int64x8)scaled & fits);
      doublex8 integer;
      if (kind == TRICOT_ROUND_DOWN) {
        integer = __builtin_elementwise_floor(safe);
      } else {
        integer = NEAREST(safe);
        if (kind == TRICOT_ROUND_BY_RULE) {
          const doublex8 difference = safe - integer;
          const int64x8 is_positive = safe > zero;
          const int64x8 above = difference > WHERE(is_positive, high_positive, high_negative);
          const int64x8 below = difference < WHERE(is_positive, low_positive, low_negative);
          integer += WHERE(above, one, zero) - WHERE(below, one, zero);
        }
      }
      const int32x8 value = __builtin_convertvector(integer, int32x8);
      const int32x8 low = alike ? low_of_all : *(const int32x8 *)(bounds + i);
      const int32x8 high = alike ? high_of_all : *(const int32x8 *)(bounds + width + i);
      const int32x8 mask = alike ? mask_of_all : *(const int32x8 *)(bounds + 2 * width + i);
      const int32x8 sign = alike ? sign_of_all : *(const int32x8 *)(bounds + 3 * width + i);
      const int32x8 clamped = __builtin_elementwise_min(__builtin_elementwise_max(value, low), high);
      const int32x8 fitted = (int32x8)((uint32x8)((clamped & mask) ^ sign) - (uint32x8)sign);
      outside -= fitted != value;
      *(int32x8 *)(result + i) = fitted;
    }
  }
  const int64x8 bad = largest >= limit;
  long total = 0, isBad = 0;
  for (int j = 0; j < 8; j++) {
    total += outside[j];
    isBad |= bad[j];
  }
  return isBad ? -1 : total;
}

#define QUANTIZE(kind, alike)                                                                                       \
  return quantize(source, stride, scale, bounds, columns, rows, rounding, kind, alike, result, width)

VECTORISED long tricot_quantize(
    const double *restrict source, long stride, const double *restrict scale, const int32_t *restrict bounds,
    long columns, long rows, tricot_rounding rounding, int alike, int32_t *restrict result, long width) {
  switch (rounding.kind) {
  case TRICOT_ROUND_DOWN:
    if (alike) QUANTIZE(TRICOT_ROUND_DOWN, 1);
    QUANTIZE(TRICOT_ROUND_DOWN, 0);
  case TRICOT_ROUND_NEAREST:
    if (alike) QUANTIZE(TRICOT_ROUND_NEAREST, 1);
    QUANTIZE(TRICOT_ROUND_NEAREST, 0);
  default:
    if (alike) QUANTIZE(TRICOT_ROUND_BY_RULE, 1);
    QUANTIZE(TRICOT_ROUND_BY_RULE, 0);
  }
}

// Eight rows of eight numbers change places in three steps: neighbours, pairs, halves.
#define SWAP(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define TRANSPOSE(name, type, vector)                                                                               \
  VECTORISED void name(                                                                                             \
      const int32_t *restrict source, long stride, long columns, long rows, type *restrict destination,         \
      long lanes) {                                                                                                 \
    for (long column = 0; column < columns; column += 8) {                                                          \
      long kept = columns - column < 8 ? columns - column : 8;                                                      \
      for (long lane = 0; lane < rows; lane += 8) {                                                                 \
        int32x8 a[8], b[8], c[8];                                                                                   \
        for (int i = 0; i < 8; i++) a[i] = *(const int32x8 *)(source + (lane + i) * stride + column);               \
        for (int i = 0; i < 8; i += 2) {                                                                            \
          b[i] = SWAP(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);                                                   \
          b[i + 1] = SWAP(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);                                               \
        }                                                                                                           \
        for (int i = 0; i < 8; i += 4)                                                                              \
          for (int j = i; j < i + 2; j++) {                                                                         \
            c[j] = SWAP(b[j], b[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);                                                  \
            c[j + 2] = SWAP(b[j], b[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);                                            \
          }                                                                                                         \
        for (int i = 0; i < 4; i++) {                                                                               \
          a[i] = SWAP(c[i], c[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);                                                    \
          a[i + 4] = SWAP(c[i], c[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);                                              \
        }                                                                                                           \
        for (int i = 0; i < 8; i++)                                                                                 \
          if (i < kept)                                                                                             \
            *(vector *)(destination + (column + i) * lanes + lane) = __builtin_convertvector(a[i], vector);         \
      }                                                                                                             \
    }                                                                                                               \
  }
TRANSPOSE(tricot_transpose_f32, float, floatx8)
TRANSPOSE(tricot_transpose_i32, int32_t, int32x8)

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

void tricot_gather_rows(
    const char *restrict source, const int32_t *restrict firsts, long positions, long rows, long bytes,
    char *restrict destination) {
  for (long row = 0; row < rows; row++)
    for (long position = 0; position < positions; position++, destination += bytes)
      memcpy(destination, source + (firsts[position] + row) * bytes, (size_t)bytes);
}

void tricot_scatter_rows(
    const char *restrict source, const int32_t *restrict firsts, long positions, long rows, long bytes,
    char *restrict destination) {
  for (long row = 0; row < rows; row++)
    for (long position = 0; position < positions; position++, source += bytes)
      memcpy(destination + (firsts[position] + row) * bytes, source, (size_t)bytes);
}

// Sums of a few positions and outputs stay in registers while their windows go by: every row that is loaded serves all
// outputs of the block, every weight all positions.
#define WINDOW_BLOCK(type, vector, positions_here)                                                                  \
  for (long output = 0; output < outputs; output += TRICOT_WINDOW_OUTPUTS)                                          \
    for (long lane = 0; lane < lanes; lane += (long)(sizeof(vector) / sizeof(type))) {                              \
      vector sum[TRICOT_WINDOW_OUTPUTS][positions_here];                                                            \
      _Pragma("unroll") for (int o = 0; o < TRICOT_WINDOW_OUTPUTS; o++)                                             \
          _Pragma("unroll") for (int p = 0; p < positions_here; p++) sum[o][p] = (vector){0} + bias[output + o];    \
      for (long run = 0; run < count; run++) {                                                                      \
        const type *w = weights + runs[run].tap * stride + output;                                                  \
        const type *rows[positions_here];                                                                           \
        _Pragma("unroll") for (int p = 0; p < positions_here; p++) rows[p] =                                        \
            x + firsts[(position + p) * count + run] * lanes + lane;                                                \
        for (long tap = 0; tap < runs[run].count; tap++, w += stride) {                                             \
          vector values[positions_here];                                                                            \
          _Pragma("unroll") for (int p = 0; p < positions_here; p++) values[p] =                                    \
              *(const vector *)(rows[p] + tap * lanes);                                                             \
          _Pragma("unroll") for (int o = 0; o < TRICOT_WINDOW_OUTPUTS; o++)                                         \
              _Pragma("unroll") for (int p = 0; p < positions_here; p++) sum[o][p] += values[p] * w[o];             \
        }                                                                                                           \
      }                                                                                                             \
      _Pragma("unroll") for (int o = 0; o < TRICOT_WINDOW_OUTPUTS; o++)                                             \
          _Pragma("unroll") for (int p = 0; p < positions_here; p++) if (output + o < outputs)                      \
              *(vector *)(sums + ((position + p) * outputs + output + o) * lanes + lane) = sum[o][p];               \
    }

#define WINDOWS(name, type, vector)                                                                                 \
  VECTORISED_FMA void name(                                                                                         \
      const type *restrict x, long lanes, const tricot_window_run *restrict runs, long count,                       \
      const int32_t *restrict firsts, long positions, const type *restrict weights, const type *restrict bias,      \
      long outputs, type *restrict sums) {                                                                          \
    const long stride = (outputs + TRICOT_WINDOW_OUTPUTS - 1) / TRICOT_WINDOW_OUTPUTS * TRICOT_WINDOW_OUTPUTS;      \
    long position = 0;                                                                                              \
    for (; position + 4 <= positions; position += 4) WINDOW_BLOCK(type, vector, 4)                                  \
    for (; position < positions; position++) WINDOW_BLOCK(type, vector, 1)                                          \
  }
WINDOWS(tricot_windows_f32, float, floatx16)
WINDOWS(tricot_windows_f64, double, doublex8)
