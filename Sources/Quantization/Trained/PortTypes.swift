import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// The types of the model's input ports: such that every quantiser that reads an input finds what it would make of the
/// real number.
struct PortTypes {
  /// By flat input element.
  private(set) var types: [FixedPointType]
  private(set) var conversion: InputConversion
  /// Input elements that a layer reads without a quantiser: their ports have the type for such inputs.
  private(set) var unquantized: Set<Int> = []

  /// A quantiser that reads an input element.
  private struct Demand {
    var type: FixedPointType
    var scaler: Float
    var zeroPoint: Float
    var node: Int
  }

  /// - Parameter fallback: the type of inputs that no quantiser has given one; nil refuses them.
  /// - Throws: a `Diagnostic` if an input is used unquantised, or by quantisers that no port serves.
  init(_ model: ModelGraph, fallback: FixedPointType? = nil) throws {
    let count = model.inputs.reduce(0) { $0 + model[$1].count }
    var demands = [[Demand]](repeating: [], count: count)
    var readers = [Int?](repeating: nil, count: count)
    Self.collect(model, into: &demands, unquantized: &readers)
    types = []
    var divisors: [Float] = []
    var offsets: [Float] = []
    for (index, element) in demands.enumerated() {
      if let reader = readers[index] {
        guard let fallback else { throw Self.unquantized(model.nodes[reader]) }
        unquantized.insert(index)
        types.append(fallback)
        divisors.append(1)
        offsets.append(0)
        continue
      }
      let live = element.filter { $0.type.width > 0 }
      types.append(try Self.common(live, of: model))
      divisors.append(live.first?.scaler ?? 1)
      offsets.append(live.first?.zeroPoint ?? 0)
    }
    conversion = InputConversion(
      isSinglePrecision: true,
      divisors: divisors.contains { $0 != 1 } ? divisors : nil,
      offsets: offsets.contains { $0 != 0 } ? offsets : nil
    )
  }

  /// A node that reads an input as it is; nil where quantisers give all inputs types.
  static func firstUnquantized(_ model: ModelGraph) -> ModelNode? {
    let count = model.inputs.reduce(0) { $0 + model[$1].count }
    var demands = [[Demand]](repeating: [], count: count)
    var readers = [Int?](repeating: nil, count: count)
    collect(model, into: &demands, unquantized: &readers)
    return readers.lazy.compactMap { $0 }.first.map { model.nodes[$0] }
  }

  /// Follows the inputs through layers that only move them.
  ///
  /// - Parameter unquantised: gets a node that reads an element as it is.
  private static func collect(
    _ model: ModelGraph,
    into demands: inout [[Demand]],
    unquantized: inout [Int?]
  ) {
    // By tensor and element: the flat input element that it is, if it is one.
    var sources: [[Int?]] = model.tensors.map { _ in [] }
    var position = 0
    for (index, node) in model.nodes.enumerated() {
      let operands = node.inputs.map { sources[$0.index] }
      let count = model[node.output].count
      var result = [Int?](repeating: nil, count: count)
      switch node.operation {
      case .input:
        result = (position..<position + count).map { $0 }
        position += count
      case .reshape, .activation(.linear): result = operands[0]
      case .gather(let elements): result = elements.map { operands[0][$0] }
      case .concatenate(let axis):
        result = ConcatenationMap(inputs: node.inputs.map { model[$0].shape }, axis: axis).sources
          .map { operands[$0.input][$0.element] }
      case .quantize(let quantizer):
        for (element, source) in operands[0].enumerated() {
          guard let source else { continue }
          demands[source].append(
            Demand(
              type: quantizer[element],
              scaler: quantizer.scaling?.scaler(element) ?? 1,
              zeroPoint: quantizer.scaling?.zeroPoint ?? 0,
              node: index
            )
          )
        }
      case .tableSum(let sums):
        let rows = operands[0].count / max(sums.inputCount, 1)
        for row in 0..<rows {
          for operand in Set(sums.edges.flatMap(\.operands)).sorted(by: { $0.input < $1.input }) {
            guard let source = operands[0][row * sums.inputCount + operand.input] else { continue }
            demands[source].append(Demand(type: operand.type, scaler: 1, zeroPoint: 0, node: index))
          }
        }
      case .dense, .batchNormalization, .affine, .activation, .merge, .normalize, .treeEnsemble, .convolution, .pool,
        .reduce, .pad, .recurrence, .product, .embedding:
        for source in operands.joined() { if let source { unquantized[source] = index } }
      }
      sources[node.output.index] = result
    }
    for output in model.outputs where sources[output.index].contains(where: { $0 != nil }) {
      guard let index = model.nodes.firstIndex(where: { $0.output == output }) else { continue }
      for source in sources[output.index] { if let source { unquantized[source] = index } }
    }
  }

  private static func unquantized(_ node: ModelNode) -> Diagnostic {
    .error(
      "unquantised-input",
      "'\(node.name)' uses an input of the model that no quantiser has given a type",
      at: node.origin,
      hint: "put a quantiser between: enable the layer's input quantiser, or begin the model with a Quantizer layer"
    )
  }

  /// The one type from which all others follow.
  ///
  /// Floors of floors are floors, and a nearest integer is the floor of a floor with one more bit, so TRN and RND go through
  /// a finer floor. Wrapping is reduction modulo a power of two, which a larger modulus does not disturb; clamping goes
  /// through a wider clamp.
  private static func common(_ demands: [Demand], of model: ModelGraph) throws -> FixedPointType {
    guard let first = demands.first else { return FixedPointType(width: 0, integerBits: 0, isSigned: false) }
    if demands.allSatisfy({
      $0.type == first.type && $0.scaler == first.scaler && $0.zeroPoint == first.zeroPoint
    }) {
      return first.type
    }
    let wraps = first.type.overflow == .wrap
    let isServed = demands.allSatisfy {
      [.truncate, .roundHalfUp].contains($0.type.rounding) && ($0.type.overflow == .wrap) == wraps
        && $0.type.overflow != .saturateToZero && $0.scaler == first.scaler && $0.zeroPoint == 0
    }
    guard isServed else {
      let node = model.nodes[first.node]
      throw Diagnostic.error(
        "unquantised-input",
        "an input is read by quantisers of different kinds, '\(node.name)' and others, which no single port serves",
        at: node.origin,
        hint: "begin the model with one Quantizer layer for each input"
      )
    }
    let isSigned = demands.contains { $0.type.isSigned }
    let fractionBits = demands.map { $0.type.fractionBits + ($0.type.rounding == .truncate ? 0 : 1) }.max() ?? 0
    let magnitudeBits = demands.map { $0.type.integerBits - ($0.type.isSigned ? 1 : 0) }.max() ?? 0
    let integerBits = magnitudeBits + (isSigned ? 1 : 0)
    return FixedPointType(
      width: integerBits + fractionBits,
      integerBits: integerBits,
      isSigned: isSigned,
      rounding: .truncate,
      overflow: wraps ? .wrap : .saturate
    )
  }
}
