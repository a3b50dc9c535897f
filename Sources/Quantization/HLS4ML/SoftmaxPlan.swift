import Diagnostics
import FixedPoint
import ModelIR

/// The sizes and the argument types of a softmax's tables, by hls4ml's rules.
struct SoftmaxPlan {
  let implementation: SoftmaxImplementation
  let exponentialSize: Int
  let reciprocalSize: Int
  /// The type that addresses the exponentials.
  let argument: FixedPointType
  /// Whether `ExpTableSize` is written and has no effect.
  let ignoresExponentialSize: Bool

  init(_ layer: HLS4MLLayer, input: FixedPointType, tableSize: Int) {
    implementation = layer.softmaxImplementation
    reciprocalSize = layer.attribute(\.reciprocalTableSize) ?? tableSize
    let wantedSize = layer.attribute(\.exponentialTableSize)
    let written = layer.attributeType("inp_norm_t")?.type
    guard implementation == .stable, written == nil, input.isSigned else {
      exponentialSize = wantedSize ?? tableSize
      let unsigned = FixedPointType(width: input.width, integerBits: input.integerBits, isSigned: false)
      argument = implementation == .stable ? written ?? unsigned : input
      ignoresExponentialSize = false
      return
    }
    // The maximum minus an input: never negative, so the sign bit goes. hls4ml takes the size from the reciprocal's.
    argument = FixedPointType(width: input.width - 1, integerBits: input.integerBits - 1, isSigned: false)
    exponentialSize = min(reciprocalSize, 1 << min(argument.width, 40))
    ignoresExponentialSize = wantedSize != nil && wantedSize != exponentialSize
  }

  /// hls4ml's `fix_softmax_table_size`: no more entries than the input or the reciprocal's type has values.
  static func fixedTableSize(_ layer: HLS4MLLayer, input: FixedPointType) -> Int {
    guard layer.attribute(\.reciprocalTableSize) == nil else { return layer.tableSize }
    let bits = min(input.width, layer.type("inv_table").width)
    return bits < 30 ? min(layer.tableSize, 1 << bits) : layer.tableSize
  }

  /// The distance between neighbouring arguments of the exponential table.
  var exponentialStep: Double {
    argument.step * Double(sign: .plus, exponent: argument.width, significand: 1) / Double(exponentialSize)
  }

  /// - Throws: a ``Diagnostic`` for sizes that the leading bits of a type cannot address.
  func check(_ layer: HLS4MLLayer) throws {
    guard implementation == .stable || implementation == .latency else { return }
    let tables = [(exponentialSize, argument, "exponential"), (reciprocalSize, layer.type("inv_inp"), "reciprocal")]
    for (size, type, name) in tables {
      guard size >= 2, size & (size - 1) == 0 else {
        throw Diagnostic.error(
          "bad-table-size",
          "the \(name) table of softmax '\(layer.name)' has \(size) entries, not a power of two",
          at: layer.origin,
          hint: "set a TableSize of 2, 4, 8, … for the layer"
        )
      }
      guard size.trailingZeroBitCount <= type.width else {
        throw Diagnostic.error(
          "bad-table-size",
          "the \(name) table of softmax '\(layer.name)' has \(size) entries, more than its argument \(type) has values",
          at: layer.origin,
          hint: "set a smaller table size for the layer, or a wider type"
        )
      }
    }
  }
}

extension HLS4MLLayerGraph {
  /// The type in which the elements of a layer travel.
  ///
  /// A reshape moves nothing where hls4ml does it in place, and then its own type is never used.
  func resultType(_ index: Int) -> FixedPointType {
    let layer = layers[index]
    if case .reshape = layer.kind, isInPlace(index) { return resultType(layer.inputs[0]) }
    return layer.type("result")
  }

  private func isInPlace(_ index: Int) -> Bool {
    switch configuration.interface {
    case .parallel: true
    case .stream: layers[index].shape.count == 1 && !outputs.contains(index)
    }
  }

  /// The table size of an activation, after hls4ml's correction for softmax.
  func tableSize(of index: Int) -> Int {
    let layer = layers[index]
    guard case .activation(.softmax) = layer.kind else { return layer.tableSize }
    return SoftmaxPlan.fixedTableSize(layer, input: resultType(layer.inputs[0]))
  }
}
