// Tokens on streams, and the buffers of stages that look at windows of them.
//
// A token is one position of a tensor with all its channels: the bits of a word, the first channel in the lowest bits, or an
// array where they are too many for AMD's integers.
#ifndef TRICOT_STREAM_H_
#define TRICOT_STREAM_H_

#include "fixed_point.h"
#include "hls_stream.h"

namespace tricot {

// A token that is too wide for one word.
template <class Element, int Elements>
struct wide_token {
  Element elements[Elements];
};

// An element of a token.
template <class Element, int W>
Element element_of(const ap_uint<W> &token, int element) {
#pragma HLS INLINE
  Element x;
  x.range() = token.range(Element::width * element + Element::width - 1, Element::width * element);
  return x;
}

template <class Element, int Elements>
Element element_of(const wide_token<Element, Elements> &token, int element) {
#pragma HLS INLINE
  return token.elements[element];
}

template <class Element, int W>
void set_element(ap_uint<W> &token, int element, const Element &x) {
#pragma HLS INLINE
  token.range(Element::width * element + Element::width - 1, Element::width * element) = x.range();
}

template <class Element, int Elements>
void set_element(wide_token<Element, Elements> &token, int element, const Element &x) {
#pragma HLS INLINE
  token.elements[element] = x;
}

// Bits behind the last element are zero.
template <int W>
void clear(ap_uint<W> &token) {
#pragma HLS INLINE
  token = 0;
}

template <class Element, int Elements>
void clear(wide_token<Element, Elements> &) {
#pragma HLS INLINE
}

// Numbers of an array, at a distance from one to the next, each exactly in the type of a token's elements.
template <int Elements, class Token, class Element, class X>
Token pack(const X x[], int distance = 1) {
#pragma HLS INLINE
  Token token;
  clear(token);
elements:
  for (int i = 0; i < Elements; i++) {
#pragma HLS UNROLL
    set_element<Element>(token, i, convert<Element>(x[i * distance]));
  }
  return token;
}

// The numbers of a token, each exactly in the type of an array.
template <int Elements, class Element, class Token, class X>
void unpack(const Token &token, X x[], int distance = 1) {
#pragma HLS INLINE
elements:
  for (int i = 0; i < Elements; i++) {
#pragma HLS UNROLL
    x[i * distance] = convert<X>(element_of<Element>(token, i));
  }
}

// A stage walks over the positions of its operand, row by row, and over as many outside as its windows reach: for those no
// token comes. A window is complete where its last tap stands. Config, for rows and for columns alike:
//   rows                 positions of the operand
//   first_row, last_row  of the walk
//   row_taps, row_dilation, row_span = (row_taps - 1) * row_dilation
//   row_end, row_stride, row_windows: where the first window ends, positions from there to the next end, and how many
// elements: of a token; is_padded, padding: whether windows reach outside, and the raw number that stands there.

template <class Config>
bool is_inside(int row, int column) {
#pragma HLS INLINE
  return row >= 0 && row < Config::rows && column >= 0 && column < Config::columns;
}

template <class Config>
bool is_complete(int row, int column) {
#pragma HLS INLINE
  const int down = row - Config::row_end;
  const int across = column - Config::column_end;
  return down >= 0 && down % Config::row_stride == 0 && down / Config::row_stride < Config::row_windows &&
         across >= 0 && across % Config::column_stride == 0 && across / Config::column_stride < Config::column_windows;
}

template <class Config>
void walk(int &row, int &column) {
#pragma HLS INLINE
  const bool is_last = column == Config::last_column;
  column = is_last ? int(Config::first_column) : column + 1;
  if (is_last) row++;
}

// A column of taps enters a window of one row.
template <class Config, class Token>
void shift_row(Token window[1][Config::column_span + 1], const Token &token) {
#pragma HLS INLINE
columns:
  for (int c = 0; c < Config::column_span; c++) {
#pragma HLS UNROLL
    window[0][c] = window[0][c + 1];
  }
  window[0][Config::column_span] = token;
}

// A column of taps enters a window of several rows: the token, and above it what the line buffer keeps of the rows before.
template <class Config, class Token>
void shift_rows(
    Token lines[Config::row_span][Config::last_column - Config::first_column + 1],
    Token window[Config::row_taps][Config::column_span + 1], int column, const Token &token) {
#pragma HLS INLINE
  const int place = column - Config::first_column;
rows:
  for (int r = 0; r < Config::row_taps; r++) {
#pragma HLS UNROLL
  columns:
    for (int c = 0; c < Config::column_span; c++) {
#pragma HLS UNROLL
      window[r][c] = window[r][c + 1];
    }
    const bool is_newest = r == Config::row_taps - 1;
    window[r][Config::column_span] = is_newest ? token : lines[is_newest ? 0 : r * Config::row_dilation][place];
  }
older:
  for (int l = 1; l < Config::row_span; l++) {
#pragma HLS UNROLL
    lines[l - 1][place] = lines[l][place];
  }
  lines[Config::row_span - 1][place] = token;
}

// The taps of the window that is complete at a place of the walk.
template <class Config, class Element, class Token, class X>
void read_window(const Token window[Config::row_taps][Config::column_span + 1], int row, int column, X x[]) {
#pragma HLS INLINE
taps:
  for (int i = 0; i < Config::row_taps * Config::column_taps * Config::elements; i++) {
#pragma HLS UNROLL
    const int tap = i / Config::elements;
    const int r = tap / Config::column_taps;
    const int c = tap % Config::column_taps;
    const int above = (Config::row_taps - 1 - r) * Config::row_dilation;
    const int before = (Config::column_taps - 1 - c) * Config::column_dilation;
    const bool is_outside = Config::is_padded && !is_inside<Config>(row - above, column - before);
    const Element element = element_of<Element>(window[r][c * Config::column_dilation], i % Config::elements);
    x[i] = is_outside ? from_raw<X>(Config::padding) : convert<X>(element);
  }
}

// Adds the products of a token's elements to the sums of a dense layer over all positions.
//
// Weights are raw integers of Config::weight_t, position by position, then output by output.
template <class Config, class X, class Sum, class Weight>
void add_products(const X x[], int position, Sum sums[], const Weight weights[]) {
#pragma HLS INLINE
#pragma HLS ALLOCATION operation instances=mul limit=Config::multipliers
#pragma HLS ARRAY_RESHAPE variable=weights cyclic factor=Config::products
outputs:
  for (int j = 0; j < Config::outputs; j++) {
#pragma HLS UNROLL
  elements:
    for (int i = 0; i < Config::elements; i++) {
#pragma HLS UNROLL
      const typename Config::weight_t weight =
          from_raw<typename Config::weight_t>(weights[(position * Config::outputs + j) * Config::elements + i]);
      sums[j] += convert<Sum>(x[i] * weight);
    }
  }
}

// The sums before the first token: the biases.
template <class Config, class Sum, class Bias>
void begin_sums(const Bias &bias, Sum sums[]) {
#pragma HLS INLINE
biases:
  for (int j = 0; j < Config::outputs; j++) {
#pragma HLS UNROLL
    sums[j] = convert<Sum>(from_raw<typename Config::bias_t>(at(bias, j)));
  }
}

}  // namespace tricot

#endif
