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
  hidden(x_n2, hidden_out);  // 3 inputs, 2 outputs, 6 weights

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
#include "tricot/dense.h"

namespace tiny_v1 {

// x_n2: Input, 3
typedef ap_fixed<8, 3> x_n2_t;

// hidden: Dense, 2
typedef ap_fixed<14, 7> hidden_t;
struct hidden_config : tricot::uniform_result<hidden_t> {
  static const unsigned inputs = 3;
  static const unsigned outputs = 2;
  static const unsigned positions = 1;
  static const unsigned parallel_positions = 1;
  static const unsigned reuse_factor = 1;
  static const unsigned multipliers = 6;
  typedef ap_fixed<4, 2> weight_t;
  typedef ap_fixed<5, 0> bias_t;
  typedef ap_fixed<12, 5> accum_t;
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
// hidden: Dense, 3 inputs, 2 outputs, 6 weights.
#ifndef TINY_V1_LAYERS_HIDDEN_H_
#define TINY_V1_LAYERS_HIDDEN_H_

#include "../parameters.h"

namespace tiny_v1 {

// Raw integers of weight_t; a row for each output.
constexpr signed char hidden_weights[2 * 3] = {
  3, 7, -1,
  -5, 2, 6
};
constexpr signed char hidden_bias[2] = {
  4, -9
};

inline void hidden(const x_n2_t x[3], hidden_t y[2]) {
  tricot::dense_latency<hidden_config>(x, y, hidden_weights, hidden_bias);
}

}  // namespace tiny_v1

#endif

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
