// A constant matrix times a vector, plus a bias.
//
// Weights are raw integers of Config::weight_t, output by output: weights[output * inputs + input].
// Every product is exact; Config::accum_t rounds and overflows at each step as its type says, and is wide enough for
// the exact sum where the model asks for that.
#ifndef TRICOT_DENSE_H_
#define TRICOT_DENSE_H_

#include "fixed_point.h"

namespace tricot {

// All products side by side; multipliers are shared over Config::reuse_factor cycles by the scheduler.
template <class Config, class X, class Y, class Weight, class Bias>
void dense_latency(const X x[], Y y[], const Weight weights[], const Bias &bias) {
#pragma HLS INLINE
  typedef typename Config::accum_t accum_t;
#pragma HLS ALLOCATION operation instances=mul limit=Config::multipliers
positions:
  for (unsigned p = 0; p < Config::positions; p++) {
#pragma HLS UNROLL factor=Config::parallel_positions
  outputs:
    for (unsigned j = 0; j < Config::outputs; j++) {
#pragma HLS UNROLL
      accum_t sum = convert<accum_t>(from_raw<typename Config::bias_t>(at(bias, j)));
    inputs:
      for (unsigned i = 0; i < Config::inputs; i++) {
#pragma HLS UNROLL
        const typename Config::weight_t weight = from_raw<typename Config::weight_t>(weights[j * Config::inputs + i]);
        sum += convert<accum_t>(x[p * Config::inputs + i] * weight);
      }
      y[p * Config::outputs + j] = Config::quantize(p * Config::outputs + j, sum);
    }
  }
}

// One multiplier for every Config::reuse_factor weights: cycle r of a position takes weights r, r + reuse_factor, ...
// The reuse factor divides the inputs, or is a multiple of them that divides all weights.
template <class Config, class X, class Y, class Weight, class Bias>
void dense_resource(const X x[], Y y[], const Weight weights[], const Bias &bias) {
#pragma HLS INLINE off
  typedef typename Config::accum_t accum_t;
  const unsigned reuse = Config::reuse_factor;
#pragma HLS ARRAY_RESHAPE variable=weights block factor=Config::multipliers
  accum_t sums[Config::outputs];
#pragma HLS ARRAY_PARTITION variable=sums complete
positions:
  for (unsigned p = 0; p < Config::positions; p++) {
  biases:
    for (unsigned j = 0; j < Config::outputs; j++) {
#pragma HLS UNROLL
      sums[j] = convert<accum_t>(from_raw<typename Config::bias_t>(at(bias, j)));
    }
  cycles:
    for (unsigned r = 0; r < reuse; r++) {
#pragma HLS PIPELINE II=1 rewind
    multipliers:
      for (unsigned m = 0; m < Config::multipliers; m++) {
#pragma HLS UNROLL
        const unsigned k = m * reuse + r;
        const unsigned j = k / Config::inputs;
        const unsigned i = k % Config::inputs;
        const typename Config::weight_t weight = from_raw<typename Config::weight_t>(weights[k]);
        sums[j] += convert<accum_t>(x[p * Config::inputs + i] * weight);
      }
    }
  results:
    for (unsigned j = 0; j < Config::outputs; j++) {
#pragma HLS UNROLL
      y[p * Config::outputs + j] = Config::quantize(p * Config::outputs + j, sums[j]);
    }
  }
}

}  // namespace tricot

#endif
