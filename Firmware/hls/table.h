// Functions that are read from tables, and how an argument becomes an address.
#ifndef TRICOT_TABLE_H_
#define TRICOT_TABLE_H_

#include "fixed_point.h"

namespace tricot {

// An address inside a table of Size entries: positions outside take the first or the last entry.
template <unsigned Size, class Position>
inline unsigned clamped(const Position &position) {
#pragma HLS INLINE
  if (position < 0) return 0;
  if (position > Position(Size - 1)) return Size - 1;
  return position.to_uint();
}

// hls4ml's rule: x * Multiplier / 2^RangeLog2 toward zero, plus Offset. Word holds all intermediate results.
template <unsigned Size, class Word, long long Multiplier, int RangeLog2, long long Offset>
struct scaled_address {
  template <class X>
  static unsigned index(const X &x) {
#pragma HLS INLINE
    const int fraction = X::width - X::iwidth;
    const int down = fraction >= 0 ? RangeLog2 + fraction : RangeLog2;
    const int up = fraction >= 0 ? 0 : -fraction;
    const Word product = Word(raw(x)) * Word(Multiplier);
    const Word magnitude = product < 0 ? Word(-product) : product;
    // A magnitude is never longer than its word, so that a shift by all of it leaves nothing.
    const Word quotient = magnitude >> (down < Word::width ? down : Word::width - 1);
    const Word whole = product < 0 ? Word(-quotient) : quotient;
    const Word scaled = whole << (up < 32 ? up : 32);
    return clamped<Size>(Word(scaled + Word(Offset)));
  }
};

// The raw argument divided by 2^Shift, rounded down, counted from Base.
template <unsigned Size, class Word, long long Base, int Shift>
struct linear_address {
  template <class X>
  static unsigned index(const X &x) {
#pragma HLS INLINE
    const Word word = raw(x);
    const Word position = Shift >= 0 ? word >> (Shift >= 0 ? Shift : 0) : word << (Shift >= 0 ? 0 : -Shift);
    return clamped<Size>(Word(position - Word(Base)));
  }
};

// The first Bits of the argument's Width bits, read as unsigned: hls4ml's softmax tables.
template <int Bits, int Width>
struct leading_bits_address {
  template <class X>
  static unsigned index(const X &x) {
#pragma HLS INLINE
    const ap_uint<Width> pattern = raw(x);
    return Bits > 0 ? (pattern >> (Bits > 0 ? Width - Bits : 0)).to_uint() : 0;
  }
};

// table[address of x]
template <class Config, class X, class Y, class Entry>
void lookup(const X x[], Y y[], const Entry table[]) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    y[i] = Config::quantize(i, from_raw<typename Config::entry_t>(table[Config::address::index(x[i])]));
  }
}

// x >= 0 ? positive * x : negative * table[address of x]: ELU and SELU
template <class Config, class X, class Y, class Entry, class Positive, class Negative>
void exponential_unit(const X x[], Y y[], const Entry table[], const Positive &positive, const Negative &negative) {
#pragma HLS INLINE
elements:
  for (unsigned i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
    typename Config::value_t value = x[i] * from_raw<typename Config::positive_t>(at(positive, i));
    if (x[i] < 0) {
      value = from_raw<typename Config::entry_t>(table[Config::address::index(x[i])]) *
              from_raw<typename Config::negative_t>(at(negative, i));
    }
    y[i] = Config::quantize(i, value);
  }
}

}  // namespace tricot

#endif
