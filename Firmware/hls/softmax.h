// Softmax with tables for the exponential and the reciprocal, and arg max. Each group of Config::size elements is
// normalised by itself.
#ifndef TRICOT_SOFTMAX_H_
#define TRICOT_SOFTMAX_H_

#include "fixed_point.h"
#include "table.h"

namespace tricot {

// The largest of a group.
template <unsigned Size, class X>
inline X largest(const X x[]) {
#pragma HLS INLINE
  X best = x[0];
members:
  for (unsigned i = 1; i < Size; i++) {
#pragma HLS UNROLL
    if (x[i] > best) best = x[i];
  }
  return best;
}

// Sums neighbours in pairs, then pairs of pairs; every sum has the type of the terms. The terms are overwritten.
template <unsigned Size, class T>
inline T tree_sum(T terms[]) {
#pragma HLS INLINE
levels:
  for (unsigned step = 1; step < Size; step *= 2) {
#pragma HLS UNROLL
  pairs:
    for (unsigned i = 0; i + step < Size; i += 2 * step) {
#pragma HLS UNROLL
      terms[i] += terms[i + step];
    }
  }
  return terms[0];
}

// e_i * reciprocal(sum of all e)
template <class Config, class Y, class Entry>
inline void normalize(typename Config::sum_t exponentials[], Y y[], unsigned first, const Entry reciprocals[]) {
#pragma HLS INLINE
  typename Config::sum_t terms[Config::size];
#pragma HLS ARRAY_PARTITION variable=terms complete
terms:
  for (unsigned i = 0; i < Config::size; i++) {
#pragma HLS UNROLL
    terms[i] = exponentials[i];
  }
  const typename Config::reciprocal_input_t sum =
      convert<typename Config::reciprocal_input_t>(tree_sum<Config::size>(terms));
  const typename Config::reciprocal_t reciprocal =
      from_raw<typename Config::reciprocal_t>(reciprocals[Config::reciprocal_address::index(sum)]);
results:
  for (unsigned i = 0; i < Config::size; i++) {
#pragma HLS UNROLL
    y[first + i] = Config::quantize(first + i, exponentials[i] * reciprocal);
  }
}

// Exponentials of the distances to the largest element: they never overflow.
template <class Config, class X, class Y, class Exponential, class Reciprocal>
void softmax_stable(const X x[], Y y[], const Exponential exponentials[], const Reciprocal reciprocals[]) {
#pragma HLS INLINE
  typedef typename Config::sum_t sum_t;
groups:
  for (unsigned first = 0; first < Config::elements; first += Config::size) {
#pragma HLS UNROLL
    const X best = largest<Config::size>(x + first);
    sum_t powers[Config::size];
#pragma HLS ARRAY_PARTITION variable=powers complete
  members:
    for (unsigned i = 0; i < Config::size; i++) {
#pragma HLS UNROLL
      const typename Config::difference_t distance = convert<typename Config::difference_t>(best - x[first + i]);
      powers[i] = convert<sum_t>(
          from_raw<typename Config::exponential_t>(exponentials[Config::exponential_address::index(distance)]));
    }
    normalize<Config>(powers, y, first, reciprocals);
  }
}

// Exponentials of the elements themselves: a step less, and less accurate.
template <class Config, class X, class Y, class Exponential, class Reciprocal>
void softmax_latency(const X x[], Y y[], const Exponential exponentials[], const Reciprocal reciprocals[]) {
#pragma HLS INLINE
  typedef typename Config::sum_t sum_t;
groups:
  for (unsigned first = 0; first < Config::elements; first += Config::size) {
#pragma HLS UNROLL
    sum_t powers[Config::size];
#pragma HLS ARRAY_PARTITION variable=powers complete
  members:
    for (unsigned i = 0; i < Config::size; i++) {
#pragma HLS UNROLL
      powers[i] = convert<sum_t>(
          from_raw<typename Config::exponential_t>(exponentials[Config::exponential_address::index(x[first + i])]));
    }
    normalize<Config>(powers, y, first, reciprocals);
  }
}

// 1 / (1 + sum of the exponentials of all differences x_j - x_i): hls4ml's legacy softmax.
template <class Config, class X, class Y, class Exponential, class Reciprocal>
void softmax_pairwise(const X x[], Y y[], const Exponential exponentials[], const Reciprocal reciprocals[]) {
#pragma HLS INLINE
  typedef typename Config::sum_t sum_t;
groups:
  for (unsigned first = 0; first < Config::elements; first += Config::size) {
#pragma HLS UNROLL
  members:
    for (unsigned i = 0; i < Config::size; i++) {
#pragma HLS UNROLL
      sum_t sum = convert<sum_t>(ap_ufixed<1, 1>(1));
    others:
      for (unsigned j = 0; j < Config::size; j++) {
#pragma HLS UNROLL
        if (j == i) continue;
        const unsigned address = Config::exponential_address::index(
            typename Config::difference_t(x[first + j] - x[first + i]));
        sum = convert<sum_t>(sum + from_raw<typename Config::exponential_t>(exponentials[address]));
      }
      const unsigned address = Config::reciprocal_address::index(sum);
      y[first + i] = Config::quantize(first + i, from_raw<typename Config::reciprocal_t>(reciprocals[address]));
    }
  }
}

// 1 at the first of the largest elements, else 0.
template <class Config, class X, class Y>
void argmax(const X x[], Y y[]) {
#pragma HLS INLINE
groups:
  for (unsigned first = 0; first < Config::elements; first += Config::size) {
#pragma HLS UNROLL
    unsigned best = first;
  members:
    for (unsigned i = first + 1; i < first + Config::size; i++) {
#pragma HLS UNROLL
      if (x[i] > x[best]) best = i;
    }
  results:
    for (unsigned i = first; i < first + Config::size; i++) {
#pragma HLS UNROLL
      y[i] = Config::quantize(i, ap_ufixed<1, 1>(i == best));
    }
  }
}

}  // namespace tricot

#endif
