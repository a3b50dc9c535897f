import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering

extension LayerEmission {
  func denseCode(_ rows: DenseRows) throws -> LayerCode {
    let kernels = plan.adderGraphs.dense[index]?.kernels ?? []
    if case .exact = rows.dense.accumulation, !kernels.isEmpty, kernels.allSatisfy({ $0?.isMatrix ?? false }) {
      if let code = AdderGraphEmission(layer: self, rows: rows, kernels: kernels).code() { return code }
    }
    return try multiplierCode(rows)
  }

  /// Products and sums in loops.
  private func multiplierCode(_ rows: DenseRows) throws -> LayerCode {
    let dense = rows.dense
    var code = LayerCode()
    code.library = "dense"
    code.summary = summary(of: rows)
    code.type("weight_t", CppText.type(.containing(dense.weights, fractionBits: dense.weightFractionBits)))
    code.type("bias_t", CppText.type(.containing(dense.bias.raw, fractionBits: dense.bias.fractionBits)))
    code.type("accum_t", CppText.type(try accumulator(of: dense)))
    addShape(of: rows, to: &code)
    let sharing = try sharing(of: dense)
    addSharing(of: rows, reuseFactor: sharing ?? reuseFactor, to: &code)
    code.constants += weightLines(dense) + biasLines(dense)
    code.body = [call(sharing != nil ? .denseResource : .denseLatency, ["\(name)_weights", "\(name)_bias"])]
    return code
  }

  /// The reuse factor of loops that share multipliers, or nil for loops that are unrolled.
  private func sharing(of dense: DenseOperation) throws -> Int? {
    if node.implementation.strategy == .resource, ReuseFactorRule.allows(reuseFactor, for: dense) { return reuseFactor }
    if ReuseFactorRule.keepsOrder(1, of: dense) { return nil }
    // Additions that saturate keep the order that the arithmetic asks for, whatever the strategy.
    if case .stepwise(_, .resource(let order)) = dense.accumulation, ReuseFactorRule.allows(order, for: dense) {
      return order
    }
    throw Diagnostic.error(
      "summation-order",
      """
      layer '\(node.name)' (\(node.kind)) adds in the order of a reuse factor that does not divide its work, and its \
      accumulator saturates
      """,
      at: node.origin,
      hint:
        "let the accumulator wrap, choose a ReuseFactor that divides the inputs, or use \(option: .backend, "verilog")"
    )
  }

  /// Cycles between two events that a layer's multipliers are shared over.
  private var reuseFactor: Int { node.implementation.reuseFactor }

  private func summary(of rows: DenseRows) -> String {
    let dense = rows.dense
    let zeros = dense.weights.count { $0 == 0 }
    let position = rows.positions > 1 ? " at each of \(rows.positions) positions" : ""
    let weights = "\(dense.weights.count) weights" + (zeros > 0 ? " (\(zeros) are zero)" : "")
    return "\(dense.inputSize) inputs, \(dense.outputSize) outputs\(position), \(weights)"
  }

  func addShape(of rows: DenseRows, to code: inout LayerCode) {
    code.number("inputs", rows.dense.inputSize)
    code.number("outputs", rows.dense.outputSize)
    code.number("positions", rows.positions)
  }

  private func addSharing(of rows: DenseRows, reuseFactor: Int, to code: inout LayerCode) {
    code.number("parallel_positions", rows.positions)
    code.number("reuse_factor", reuseFactor)
    code.number("multipliers", (rows.dense.weights.count + reuseFactor - 1) / reuseFactor)
  }

  /// The stepwise accumulator, or a type wide enough for the exact sums on the grid of all products.
  func accumulator(of dense: DenseOperation) throws -> FixedPointType {
    switch dense.accumulation {
    case .stepwise(let type, _):
      try requireBits(type, "accumulator")
      return type
    case .exact: return exactSumType(of: dense)
    }
  }

  /// Wide enough for every sum; products that leave it on the way come back, as they wrap.
  func exactSumType(of dense: DenseOperation) -> FixedPointType {
    let products = container().fractionBits + dense.weightFractionBits
    let grid = dense.bias.raw.allSatisfy { $0 == 0 } ? products : max(products, dense.bias.fractionBits)
    let sums = plan.analysis.exact[index]
    let range = sums.reduce(Interval(0)) { $0.union($1.raw(on: grid)) }
    let type = FixedPointType.containing(range, fractionBits: grid)
    return FixedPointType(width: max(type.width, 1), integerBits: max(type.width, 1) - grid, isSigned: type.isSigned)
  }

  /// Row by row as the loops read them: all inputs of an output side by side.
  private func weightLines(_ dense: DenseOperation) -> [String] {
    let rows = (0..<dense.outputSize).map { j in
      (0..<dense.inputSize).map { CppText.literal(dense.weights[$0 * dense.outputSize + j]) }
    }
    let words = rows.enumerated().flatMap { j, row in
      CppText.list(row).enumerated().map { k, line in
        k == (CppText.list(row).count - 1) && j < rows.count - 1 ? line + "," : line
      }
    }
    let type = CppText.integer(holding: dense.weights)
    return ["// Raw integers of weight_t; a row for each output."]
      + ["constexpr \(type) \(name)_weights[\(dense.outputSize) * \(dense.inputSize)] = {"] + words + ["};"]
  }

  private func biasLines(_ dense: DenseOperation) -> [String] {
    CppText.constant("\(name)_bias", dense.bias.raw, isArray: dense.bias.raw.count > 1)
  }
}

/// When the loops that share multipliers visit the weights in the order that the arithmetic asks for.
enum ReuseFactorRule {
  /// Whether a reuse factor divides a layer's work evenly, and leaves its additions in their order.
  static func allows(_ factor: Int, for dense: DenseOperation) -> Bool {
    let (inputs, products) = (dense.inputSize, dense.weights.count)
    guard factor > 0, products % factor == 0 else { return false }
    guard factor <= inputs ? inputs % factor == 0 : factor % inputs == 0 else { return false }
    return keepsOrder(factor, of: dense)
  }

  /// Whether loops of a reuse factor, one for unrolled loops, add in an order that gives the bits asked for.
  ///
  /// Products are rounded one by one, so that the order shows only where the accumulator saturates.
  static func keepsOrder(_ factor: Int, of dense: DenseOperation) -> Bool {
    switch dense.accumulation {
    case .exact: return true
    case .stepwise(let type, _) where type.overflow == .wrap: return true
    case .stepwise(_, .ascending): return factor == 1
    case .stepwise(_, .resource(let order)): return factor == max(order, 1)
    }
  }

  /// The legal factor nearest to the wanted one; of two equally near, the smaller.
  static func nearest(to wanted: Int, for dense: DenseOperation) -> Int {
    let wanted = min(max(wanted, 1), dense.weights.count)
    for distance in 0...dense.weights.count {
      if allows(wanted - distance, for: dense) { return wanted - distance }
      if allows(wanted + distance, for: dense) { return wanted + distance }
    }
    return 1
  }
}

extension DensePlan.Kernel {
  var isMatrix: Bool {
    switch self {
    case .matrix: true
    case .multiples: false
    }
  }
}
