// Raw integers in and out of fixed-point numbers, and how results find their types.
#ifndef TRICOT_FIXED_POINT_H_
#define TRICOT_FIXED_POINT_H_

#include "ap_fixed.h"
#include "ap_int.h"

namespace tricot {

// The number whose bits are the low bits of an integer: raw * 2^-(fraction bits of T).
template <class T>
inline T from_raw(long long raw) {
#pragma HLS INLINE
  T x;
  x.range() = ap_int<T::width>(raw);
  return x;
}

template <class T, int W>
inline T from_raw(const ap_int<W> &raw) {
#pragma HLS INLINE
  T x;
  x.range() = ap_int<T::width>(raw);
  return x;
}

// One half, exactly.
inline ap_ufixed<1, 0> half() {
#pragma HLS INLINE
  return from_raw<ap_ufixed<1, 0> >(1);
}

// The bits of a number as an integer of its sign: the inverse of from_raw.
template <int W, int I, ap_q_mode Q, ap_o_mode O, int N>
inline ap_int<W> raw(const ap_fixed<W, I, Q, O, N> &x) {
#pragma HLS INLINE
  return ap_int<W>(x.range());
}

template <int W, int I, ap_q_mode Q, ap_o_mode O, int N>
inline ap_uint<W> raw(const ap_ufixed<W, I, Q, O, N> &x) {
#pragma HLS INLINE
  return ap_uint<W>(x.range());
}

// A number in another type, which rounds and overflows as it says.
//
// AMD's C simulation stops where all bits of a number and more are rounded away: such numbers get more bits first.
template <class Result, int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
inline Result convert(const ap_fixed_base<W, I, S, Q, O, N> &exact) {
#pragma HLS INLINE
  const int dropped = (W - I) - (Result::width - Result::iwidth);
  const int width = dropped >= W ? dropped + 1 : W;
  return Result(ap_fixed_base<width, width - (W - I), S, AP_TRN, AP_WRAP, 0>(exact));
}

#ifndef __SYNTHESIS__

// For test benches and emulators.
template <class Result>
inline Result convert(double number) {
  return Result(number);
}

#endif

// A constant that is one number for all elements, or one for each.
template <class T>
inline T at(const T &all, unsigned) {
#pragma HLS INLINE
  return all;
}

template <class T, unsigned N>
inline T at(const T (&each)[N], unsigned element) {
#pragma HLS INLINE
  return each[element];
}

// Base of a layer's configuration: all elements of its result have one type, which rounds and overflows as it says.
template <class Result>
struct uniform_result {
  typedef Result result_t;

  template <class T>
  static Result quantize(unsigned, const T &exact) {
#pragma HLS INLINE
    return convert<Result>(exact);
  }
};

// The same values in another type.
template <class Config, class X, class Y>
void requantize(const X x[], Y y[]) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    y[i] = Config::quantize(i, x[i]);
  }
}

// The results of one firing of a kernel, where they belong.
template <class Config, class X, class Y>
void place(const X x[], unsigned first, Y y[]) {
#pragma HLS INLINE
results:
  for (unsigned i = 0; i < Config::results; i++) {
#pragma HLS UNROLL
    y[first + i] = Config::quantize(first + i, x[i]);
  }
}

}  // namespace tricot

#endif
