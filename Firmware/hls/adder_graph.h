// Words for straight-line code: shared shift-and-add terms, trees.
#ifndef TRICOT_ADDER_GRAPH_H_
#define TRICOT_ADDER_GRAPH_H_

#include "fixed_point.h"

namespace tricot {

#if defined(__SYNTHESIS__) || defined(TRICOT_AP_INT)

// A signed integer of W bits.
template <int W>
using integer = ap_int<W>;

#else

// In C simulation, a machine word that wraps to W bits (at most 62) as ap_int<W> does: compilers take a hundred times
// less for thousands of these. Define TRICOT_AP_INT to simulate with ap_int itself.
template <int W>
struct integer {
  long long value;

  integer() : value(0) {}
  integer(long long word) : value((long long)((unsigned long long)word << (64 - W)) >> (64 - W)) {}
  template <int V>
  integer(const integer<V> &other) : integer(other.value) {}
  operator long long() const { return value; }
};

template <int Places, int W>
inline long long shl(const integer<W> &x) {
  return x.value * (1LL << Places);
}

#endif

// x * 2^Places, in as many bits as that takes.
template <int Places, int W>
inline ap_int<W + Places> shl(const ap_int<W> &x) {
#pragma HLS INLINE
  return ap_int<W + Places>(x) << Places;
}

// The bits of a number of at most 62 bits as an integer.
template <class X>
inline long long word(const X &x) {
#pragma HLS INLINE
  return raw(x).to_int64();
}

}  // namespace tricot

#endif
