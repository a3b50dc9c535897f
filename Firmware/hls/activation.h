// Layers that treat every element by itself. All intermediate results are exact; only the result type rounds.
#ifndef TRICOT_ACTIVATION_H_
#define TRICOT_ACTIVATION_H_

#include "fixed_point.h"

namespace tricot {

// max(x, 0)
template <class Config, class X, class Y>
void relu(const X x[], Y y[]) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    const X positive = x[i] > 0 ? x[i] : X(0);
    y[i] = Config::quantize(i, positive);
  }
}

// x > threshold ? x : slope * x + offset (>= where Config::is_inclusive)
//
// Config::value_t holds both branches exactly.
template <class Config, class X, class Threshold, class Slope, class Offset>
inline typename Config::value_t rectified(const X &x, const Threshold &threshold, const Slope &slope,
                                          const Offset &offset) {
#pragma HLS INLINE
  const bool is_upper = Config::is_inclusive ? x >= threshold : x > threshold;
  typename Config::value_t value = x;
  if (!is_upper) value = x * slope + offset;
  return value;
}

template <class Config, class X, class Y, class Threshold, class Slope, class Offset>
void rectifier(const X x[], Y y[], const Threshold &threshold, const Slope &slope, const Offset &offset) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    y[i] = Config::quantize(i, rectified<Config>(x[i], from_raw<typename Config::threshold_t>(at(threshold, i)),
                                                 from_raw<typename Config::slope_t>(at(slope, i)),
                                                 from_raw<typename Config::offset_t>(at(offset, i))));
  }
}

// The same, at most a maximum.
template <class Config, class X, class Y, class Threshold, class Slope, class Offset, class Maximum>
void limited_rectifier(const X x[], Y y[], const Threshold &threshold, const Slope &slope, const Offset &offset,
                       const Maximum &maximum) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    typename Config::value_t value = rectified<Config>(x[i], from_raw<typename Config::threshold_t>(at(threshold, i)),
                                                       from_raw<typename Config::slope_t>(at(slope, i)),
                                                       from_raw<typename Config::offset_t>(at(offset, i)));
    const typename Config::value_t limit = from_raw<typename Config::maximum_t>(at(maximum, i));
    if (value > limit) value = limit;
    y[i] = Config::quantize(i, value);
  }
}

// x * scale + bias: batch normalisation and other affine layers
template <class Config, class X, class Y, class Scale, class Bias>
void affine(const X x[], Y y[], const Scale &scale, const Bias &bias) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    y[i] = Config::quantize(i, x[i] * from_raw<typename Config::scale_t>(at(scale, i)) +
                                   from_raw<typename Config::bias_t>(at(bias, i)));
  }
}

// slope * x + shift, at least lower and at most upper: hard sigmoid and hard tanh
template <class Config, class X, class Y, class Slope, class Shift, class Lower, class Upper>
void clamped_line(const X x[], Y y[], const Slope &slope, const Shift &shift, const Lower &lower, const Upper &upper) {
#pragma HLS INLINE
  typedef typename Config::value_t value_t;
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    value_t value = x[i] * from_raw<typename Config::slope_t>(at(slope, i)) +
                    from_raw<typename Config::shift_t>(at(shift, i));
    const value_t least = from_raw<typename Config::lower_t>(at(lower, i));
    const value_t greatest = from_raw<typename Config::upper_t>(at(upper, i));
    if (value < least) value = least;
    if (value > greatest) value = greatest;
    y[i] = Config::quantize(i, value);
  }
}

}  // namespace tricot

#endif
