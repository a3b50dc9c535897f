//// firmware/tiny.cpp
#include "tiny.h"

#include "layers/hidden.h"
#include "layers/relu.h"

namespace tiny_v1 {

void tiny(const x_n2_t x_n2[3], relu_t relu_out[2]) {
#pragma HLS ARRAY_PARTITION variable=x_n2 complete
#pragma HLS ARRAY_PARTITION variable=relu_out complete
#pragma HLS PIPELINE II=1

  hidden_t hidden_out[2];
#pragma HLS ARRAY_PARTITION variable=hidden_out complete
  hidden(x_n2, hidden_out);  // 3 inputs, 2 outputs, 8 shared adders

  relu(hidden_out, relu_out);  // max(x, 0)
}

}  // namespace tiny_v1

//// firmware/tiny_top.cpp
#include "tiny_top.h"

void tiny(const tiny_v1::x_n2_t x_n2[3], tiny_v1::relu_t relu_out[2]) {
#pragma HLS ARRAY_RESHAPE variable=x_n2 complete dim=0
#pragma HLS INTERFACE ap_vld port=x_n2
#pragma HLS ARRAY_RESHAPE variable=relu_out complete dim=0
#pragma HLS INTERFACE ap_vld port=relu_out
#pragma HLS INTERFACE ap_ctrl_hs port=return
#pragma HLS PIPELINE II=1
  tiny_v1::tiny(x_n2, relu_out);
}

//// firmware/parameters.h
// Types of all tensors and configurations of all layers.
#ifndef TINY_V1_PARAMETERS_H_
#define TINY_V1_PARAMETERS_H_

#include "tricot/fixed_point.h"
#include "tricot/activation.h"
#include "tricot/adder_graph.h"

namespace tiny_v1 {

// x_n2: Input, 3
typedef ap_fixed<8, 3> x_n2_t;

// hidden: Dense, 2
typedef ap_fixed<14, 7> hidden_t;
struct hidden_config : tricot::uniform_result<hidden_t> {
  static const unsigned inputs = 3;
  static const unsigned outputs = 2;
  static const unsigned positions = 1;
  typedef ap_fixed<12, 5> sum_t;
};

// relu: Activation, 2
typedef ap_ufixed<7, 4> relu_t;  // holds every element's type
struct relu_elements {
  typedef relu_t result_t;
  template <class T>
  static result_t quantize(unsigned element, const T &exact) {
#pragma HLS INLINE
    static const signed char type_of[2] = {
      0, 1
    };
    switch (type_of[element]) {
      case 0: return tricot::convert<ap_ufixed<7, 4, AP_RND, AP_SAT>>(exact);
      default: return tricot::convert<ap_ufixed<5, 4>>(exact);
    }
  }
};
struct relu_config : relu_elements {
  static const unsigned elements = 2;
};

}  // namespace tiny_v1

#endif

//// firmware/layers/hidden.h
// hidden: Dense, 3 inputs, 2 outputs, 8 shared adders.
#ifndef TINY_V1_LAYERS_HIDDEN_H_
#define TINY_V1_LAYERS_HIDDEN_H_

#include "../parameters.h"

namespace tiny_v1 {

void hidden(const x_n2_t x[3], hidden_t y[2]);

}  // namespace tiny_v1

#endif

//// firmware/layers/hidden.cpp
#include "hidden.h"

namespace tiny_v1 {

// 8 adders, at most 4 in a row.
void hidden(const x_n2_t x[3], hidden_t y[2]) {
#pragma HLS PIPELINE II=1
  const tricot::integer<8> x0 = tricot::word(x[0]);
  const tricot::integer<8> x1 = tricot::word(x[1]);
  const tricot::integer<8> x2 = tricot::word(x[2]);
  const tricot::integer<9> s0 = x0 + x1;
  const tricot::integer<10> s1 = x2 + s0;
  const tricot::integer<11> s2 = s1 - tricot::shl<2>(x0);
  const tricot::integer<12> s3 = s2 - tricot::shl<3>(x1);
  const tricot::integer<9> s4 = x1 - x2;
  const tricot::integer<10> s5 = s4 - tricot::shl<1>(x0);
  const tricot::integer<11> s6 = s5 + tricot::shl<2>(x2);
  const tricot::integer<12> s7 = x0 - tricot::shl<1>(s6);
  const tricot::integer<12> sums[2] = {
    -s3 + 16,
    -s7 - 36
  };
  results:
    for (unsigned i = 0; i < 2; i++) {
#pragma HLS UNROLL
      y[i] = hidden_config::quantize(i, tricot::from_raw<hidden_config::sum_t>(sums[i]));
    }
}

}  // namespace tiny_v1

//// firmware/layers/relu.h
// relu: Activation, max(x, 0).
#ifndef TINY_V1_LAYERS_RELU_H_
#define TINY_V1_LAYERS_RELU_H_

#include "../parameters.h"

namespace tiny_v1 {

inline void relu(const hidden_t x[2], relu_t y[2]) {
  tricot::relu<relu_config>(x, y);
}

}  // namespace tiny_v1

#endif
