// The few loops of the simulator that gain most from wide vectors. Compiled for AVX-512, AVX2 and the baseline; the
// loader chooses. All of them are exact; integers wrap.
#pragma once
#include <stdint.h>

// Float to integer without Swift's range check, which keeps a loop from becoming vector instructions. Callers have
// proven that the value is an integer that the result holds.
static inline int32_t tricot_int32_of_float(float value) { return (int32_t)value; }
static inline int32_t tricot_int32_of_double(double value) { return (int32_t)value; }
static inline int64_t tricot_int64_of_double(double value) { return (int64_t)value; }

// v = max(v, floor); v = (v + half + (v < 0 ? negative : 0) + ((v >> shift) & even)) >> shift; v = clamp(v, low, high);
// v = ((v & mask) ^ sign) - sign.
typedef struct {
  int32_t floor, half, negative, even, shift, low, high, mask, sign;
} tricot_fit;

// Source and destination may be the same memory.
void tricot_fit_f32_f32(const float *source, float *destination, long count, tricot_fit fit);
void tricot_fit_f32_i32(const float *source, int32_t *destination, long count, tricot_fit fit);
void tricot_fit_i32_f32(const int32_t *source, float *destination, long count, tricot_fit fit);
void tricot_fit_i32_i32(const int32_t *source, int32_t *destination, long count, tricot_fit fit);

// The same for rows that are `lanes` long. Returns how many of the rounded numbers are below `low` or above `high` in the
// first `samples` lanes of the rows.
long tricot_counted_fit_f32_f32(
    const float *source, float *destination, long rows, long lanes, long samples, tricot_fit fit, int32_t low,
    int32_t high);
long tricot_counted_fit_f32_i32(
    const float *source, int32_t *destination, long rows, long lanes, long samples, tricot_fit fit, int32_t low,
    int32_t high);
long tricot_counted_fit_i32_f32(
    const int32_t *source, float *destination, long rows, long lanes, long samples, tricot_fit fit, int32_t low,
    int32_t high);
long tricot_counted_fit_i32_i32(
    const int32_t *source, int32_t *destination, long rows, long lanes, long samples, tricot_fit fit, int32_t low,
    int32_t high);

// The larger or smaller of two numbers; the result may be the memory of an operand.
void tricot_max_f32(const float *a, const float *b, float *result, long count);
void tricot_min_f32(const float *a, const float *b, float *result, long count);
void tricot_max_i32(const int32_t *a, const int32_t *b, int32_t *result, long count);
void tricot_min_i32(const int32_t *a, const int32_t *b, int32_t *result, long count);

// Fills every row with a value of its own.
void tricot_fill_f32(float *destination, const float *values, long rows, long lanes);
void tricot_fill_f64(double *destination, const double *values, long rows, long lanes);

// How doubles are rounded. By rule: for products that are not positive, the differences to the nearest integer (ties to
// even) below which the next lower one is taken, and above which the next higher one; then the same for positive ones.
enum { TRICOT_ROUND_DOWN = 0, TRICOT_ROUND_NEAREST = 1, TRICOT_ROUND_BY_RULE = 2 };
typedef struct {
  int32_t kind;
  double low_negative, high_negative, low_positive, high_positive;
} tricot_rounding;

// Rounds source[i] * scale[i], scales being powers of two, and fits the integers to a type for every column, row by row;
// rows of the source are `stride` apart, those of the result `width`, a multiple of 8 that is not less than the columns.
// `bounds` holds, one after the other for all `width` columns, low, high, mask and sign as in `tricot_fit`; `alike` says that
// all columns have the same, and the same scale.
// Returns how many integers the types did not hold; -1 if some product is not a number below 2^30 in magnitude, and the
// result is worthless.
long tricot_quantize(
    const double *source, long stride, const double *scale, const int32_t *bounds, long columns, long rows,
    tricot_rounding rounding, int alike, int32_t *result, long width);

// Columns of some rows, a multiple of 8, become the beginnings of rows that are `lanes` apart. Rows of the source are
// `stride` apart, a multiple of 8.
void tricot_transpose_f32(
    const int32_t *source, long stride, long columns, long rows, float *destination, long lanes);
void tricot_transpose_i32(
    const int32_t *source, long stride, long columns, long rows, int32_t *destination, long lanes);

// One product of a dense layer: x[input] * weight >> drop.
typedef struct {
  int32_t input, weight, drop;
} tricot_term;

// sums[lane] = bias + the terms of `x`, whose rows are `lanes` apart; `lanes` is a multiple of 16.
void tricot_dot_i32(
    const int32_t *x, long lanes, const tricot_term *terms, long count, int32_t bias, int32_t *sums);

// One comparison of a decision tree, children before parents: value = x[feature] < threshold ? left : right. A side is a
// leaf's number or, where `kind` says so, the value on top of the stack; the value takes its place there.
enum {
  TRICOT_TREE_LEFT_IS_VALUE = 1,
  TRICOT_TREE_RIGHT_IS_VALUE = 2,
  // Of two values on the stack the left one is on top, not below.
  TRICOT_TREE_LEFT_ON_TOP = 4,
  // The root: the value leaves the stack and is added to the sum.
  TRICOT_TREE_ROOT = 8,
};
typedef struct {
  int32_t feature, kind, threshold, left, right;
} tricot_tree_op;
typedef struct {
  int32_t feature, kind;
  int64_t threshold, left, right;
} tricot_wide_tree_op;

// The most values that stand on the stack at a time, if the deeper child of every node comes first.
enum { TRICOT_TREE_STACK = 32 };

// sums[lane] += the trees of `x`, whose rows are `lanes` apart, a multiple of 16. `stack` has room for TRICOT_TREE_STACK rows.
void tricot_trees_i16(
    const int16_t *x, long lanes, const tricot_tree_op *ops, long count, int16_t *stack, int32_t *sums);
void tricot_trees_i32(
    const int32_t *x, long lanes, const tricot_tree_op *ops, long count, int32_t *stack, int32_t *sums);
void tricot_trees_i64(
    const int64_t *x, long lanes, const tricot_wide_tree_op *ops, long count, int64_t *stack, int64_t *sums);

// Copies integers that the narrower type holds.
void tricot_narrow_i16(const int32_t *source, int16_t *destination, long count);

// For the windows of several positions: row `firsts[position] + row` of the source, `bytes` long, becomes row
// `row * positions + position`; and back.
void tricot_gather_rows(
    const char *source, const int32_t *firsts, long positions, long rows, long bytes, char *destination);
void tricot_scatter_rows(
    const char *source, const int32_t *firsts, long positions, long rows, long bytes, char *destination);

// Neighbouring rows in the windows of all positions: `count` of them meet the weights from `tap` on.
typedef struct {
  int32_t tap, count;
} tricot_window_run;

// Weights and bias are padded with zeros to a multiple of this many outputs.
enum { TRICOT_WINDOW_OUTPUTS = 4 };

// Rows (position, output) of sums: bias + the products of the position's window, whose runs begin at the rows
// `firsts[position][run]` of `x`, with the weights `[tap][padded outputs]`. Rows are `lanes` long, a multiple of 16.
void tricot_windows_f32(
    const float *x, long lanes, const tricot_window_run *runs, long count, const int32_t *firsts, long positions,
    const float *weights, const float *bias, long outputs, float *sums);
void tricot_windows_f64(
    const double *x, long lanes, const tricot_window_run *runs, long count, const int32_t *firsts, long positions,
    const double *weights, const double *bias, long outputs, double *sums);
