import FixedPoint
import FixedPointIR

/// A second, independent definition of what a ``FixedPointGraph`` computes: one event at a time, one element at a time,
/// straight from the documentation of each operation.
///
/// It shares no code with the evaluators of the product beyond ``FixedPointType/quantize(raw:fractionBits:)``, which is
/// tested against AMD's types by itself; not even the addressing of tables. Numbers are exact fractions on a binary grid.
package struct ReferenceFixedPointEvaluator {
  private let graph: FixedPointGraph

  package init(_ graph: FixedPointGraph) { self.graph = graph }

  /// The values of every tensor for one event, by tensor and element.
  ///
  /// - Parameter inputs: all inputs, flat, in the model's order.
  package func tensors(for inputs: [Double]) -> [[Number]] {
    var position = 0
    return tensors { node in
      let output = graph[node.output]
      defer { position += output.count }
      return (0..<output.count).map { element in
        let type = output.types[element]
        let x = graph.inputConversion.number(inputs[position + element], element: position + element)
        return Number(type.quantize(x).raw, type.fractionBits)
      }
    }
  }

  /// - Parameter inputValues: the elements of an input node.
  func tensors(_ inputValues: (FixedNode) -> [Number]) -> [[Number]] {
    var values = [[Number]](repeating: [], count: graph.tensors.count)
    for node in graph.nodes {
      let output = graph[node.output]
      if case .input = node.operation {
        values[node.output.index] = inputValues(node)
      } else {
        let arguments = node.inputs.map { values[$0.index] }
        let inputTypes = node.inputs.map { graph[$0].types }
        let results =
          switch node.operation {
          case .map(let map): Self.fired(map, arguments, shapes: node.inputs.map { graph[$0].shape })
          case .scan(let scan): Self.stepped(scan, arguments)
          case .input, .dense, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge,
            .gather, .requantize, .treeEnsemble, .tableSum:
            Self.evaluate(node.operation, arguments, inputTypes: inputTypes, count: output.count)
          }
        values[node.output.index] = results.enumerated().map { $1.quantized(to: output.types[$0]) }
      }
    }
    return values
  }

  /// The model's outputs for one event, flat, in the model's order.
  package func outputs(for inputs: [Double]) -> [Double] {
    let values = tensors(for: inputs)
    return graph.outputs.flatMap { values[$0.index].map(\.double) }
  }

  /// `raw · 2^-fraction`, exactly.
  package struct Number {
    package var raw: Int128
    package var fraction: Int

    init(_ raw: Int128, _ fraction: Int) {
      self.raw = raw
      self.fraction = fraction
    }

    package var double: Double { Double(raw) * Double(sign: .plus, exponent: -fraction, significand: 1) }

    func quantized(to type: FixedPointType) -> Number {
      Number(type.quantize(raw: raw, fractionBits: fraction).raw, type.fractionBits)
    }

    /// The raw values of both on the finer of the two grids.
    private static func aligned(_ a: Number, _ b: Number) -> (a: Int128, b: Int128, fraction: Int) {
      let fraction = max(a.fraction, b.fraction)
      func raised(_ x: Number) -> Int128 { x.raw == 0 ? 0 : x.raw * (Int128(1) << (fraction - x.fraction)) }
      return (raised(a), raised(b), fraction)
    }

    static func + (a: Number, b: Number) -> Number {
      let common = aligned(a, b)
      return Number(common.a + common.b, common.fraction)
    }

    static func - (a: Number, b: Number) -> Number {
      let common = aligned(a, b)
      return Number(common.a - common.b, common.fraction)
    }

    static func * (a: Number, b: Number) -> Number { Number(a.raw * b.raw, a.fraction + b.fraction) }

    static func > (a: Number, b: Number) -> Bool {
      let common = aligned(a, b)
      return common.a > common.b
    }
  }
}

// MARK: - Operations

extension ReferenceFixedPointEvaluator {
  private static func evaluate(
    _ operation: FixedOperation,
    _ x: [[Number]],
    inputTypes: [ElementTypes],
    count: Int
  ) -> [Number] {
    let elements = 0..<count
    switch operation {
    case .input: return []
    case .dense(let rule): return dense(rule, x[0])
    case .affine(let rule): return elements.map { x[0][$0] * constant(rule.scale, $0) + constant(rule.bias, $0) }
    case .rectifier(let rule): return elements.map { rectified(x[0][$0], rule, $0) }
    case .clampedLinear(let rule):
      return elements.map { i in
        let line = constant(rule.slope, i) * x[0][i] + constant(rule.shift, i)
        if constant(rule.lower, i) > line { return constant(rule.lower, i) }
        return line > constant(rule.upper, i) ? constant(rule.upper, i) : line
      }
    case .table(let table): return x[0].map { look($0, table) }
    case .exponentialUnit(let rule):
      return elements.map { i in
        Number(0, 0) > x[0][i]
          ? constant(rule.negativeScale, i) * look(x[0][i], rule.exponential)
          : constant(rule.positiveScale, i) * x[0][i]
      }
    case .softmax(let rule): return softmax(rule, x[0])
    case .argmax(let groups): return argmax(groups, x[0])
    case .merge(let kind): return elements.map { i in merged(kind, x.map { $0[i] }) }
    case .gather(let rule): return rule.sources.map { x[$0.input][$0.element] }
    case .requantize: return x[0]
    case .map, .scan: preconditionFailure("kernels are fired apart")
    case .treeEnsemble(let rule): return trees(rule, x[0], count: count)
    case .tableSum(let rule): return tableSums(rule, x[0])
    }
  }

  private static func constant(_ vector: ConstantVector, _ i: Int) -> Number {
    Number(Int128(vector.raw[vector.raw.count == 1 ? 0 : i]), vector.fractionBits)
  }

  private static func dense(_ rule: DenseOperation, _ x: [Number]) -> [Number] {
    (0..<rule.outputSize).map { j in
      let products = (0..<rule.inputSize).map { i in
        x[i] * Number(Int128(rule.weights[i * rule.outputSize + j]), rule.weightFractionBits)
      }
      return accumulated(products, bias: constant(rule.bias, j), output: j, rule.accumulation)
    }
  }

  private static func accumulated(_ products: [Number], bias: Number, output: Int, _ rule: Accumulation) -> Number {
    guard case .stepwise(let type, let order) = rule else { return products.reduce(bias, +) }
    var inputs = Array(products.indices)
    if case .resource(let factor) = order {
      func rank(_ i: Int) -> Int { (output * products.count + i) % factor }
      inputs.sort { rank($0) != rank($1) ? rank($0) < rank($1) : $0 < $1 }
    }
    var sum = bias.quantized(to: type)
    for i in inputs { sum = (sum + products[i].quantized(to: type)).quantized(to: type) }
    return sum
  }

  private static func rectified(_ x: Number, _ rule: RectifierOperation, _ i: Int) -> Number {
    let threshold = constant(rule.threshold, i)
    let isUpper = rule.isInclusive ? !(threshold > x) : x > threshold
    let value = isUpper ? x : constant(rule.lowerSlope, i) * x + constant(rule.lowerOffset, i)
    if let maximum = rule.maximum, value > constant(maximum, i) { return constant(maximum, i) }
    return value
  }

  private static func trees(_ rule: TreeEnsembleOperation, _ x: [Number], count: Int) -> [Number] {
    func leaf(_ tree: FixedTree, at node: Int) -> Int {
      switch tree.nodes[node] {
      case .leaf(let leaf): leaf
      case .split(let feature, let threshold, let left, let right):
        leaf(tree, at: x[feature].raw < Int128(threshold) ? left : right)
      }
    }
    var sums = (0..<count).map { constant(rule.bias, $0) }
    if case .stepwise(let type) = rule.accumulation { sums = sums.map { $0.quantized(to: type) } }
    for tree in rule.trees {
      let reached = leaf(tree, at: 0)
      for (position, output) in tree.outputs.enumerated() {
        let value = Number(Int128(tree.leaves[reached * tree.outputs.count + position]), rule.leafFractionBits)
        sums[output] = sums[output] + value
        if case .stepwise(let type) = rule.accumulation { sums[output] = sums[output].quantized(to: type) }
      }
    }
    return sums
  }

  private static func tableSums(_ rule: TableSum, _ x: [Number]) -> [Number] {
    var sums = [Number](repeating: Number(0, 0), count: rule.outputCount)
    for edge in rule.edges {
      // The bits of all codes, the first operand's in the lowest places.
      var bits: [Bool] = []
      for operand in edge.operands {
        let code = x[operand.input].quantized(to: operand.type).raw
        bits += (0..<operand.type.width).map { code >> $0 & 1 == 1 }
      }
      let address = bits.reversed().reduce(0) { 2 * $0 + ($1 ? 1 : 0) }
      let table = rule.tables[edge.table]
      sums[edge.output] = sums[edge.output] + Number(Int128(table.entries[address]), table.fractionBits)
    }
    return sums
  }

  private static func merged(_ kind: FixedMergeKind, _ x: [Number]) -> Number {
    let rest = x.dropFirst()
    switch kind {
    case .add: return rest.reduce(x[0], +)
    case .subtract: return x[0] - x[1]
    case .multiply: return rest.reduce(x[0], *)
    case .average: return (x[0] + x[1]) * Number(1, 1)
    case .maximum: return rest.reduce(x[0]) { $1 > $0 ? $1 : $0 }
    case .minimum: return rest.reduce(x[0]) { $0 > $1 ? $1 : $0 }
    }
  }

  private static func argmax(_ groups: SoftmaxGroups, _ x: [Number]) -> [Number] {
    (0..<groups.count).flatMap { group in
      let members = Array(x[group * groups.size..<(group + 1) * groups.size])
      let first = members.indices.first { i in !members.contains { $0 > members[i] } }
      return members.indices.map { Number($0 == first ? 1 : 0, 0) }
    }
  }

  // MARK: - Tables

  private static func look(_ x: Number, _ table: AddressedTable) -> Number {
    let last = Int128(table.table.entries.count - 1)
    let index: Int128
    switch table.addressing {
    case .scaled(let rule):
      // Swift's division truncates toward zero, as C's does.
      let quotient = x.raw * Int128(rule.multiplier) / (Int128(1) << rule.rangeLog2)
      let whole = x.fraction >= 0 ? quotient / (Int128(1) << min(x.fraction, 126)) : quotient << -x.fraction
      index = min(max(whole + Int128(rule.offset), 0), last)
    case .linear(let base, let shift):
      let position = shift >= 0 ? x.raw >> shift : x.raw << -shift
      index = min(max(position - Int128(base), 0), last)
    case .leadingBits(let bits, let width):
      var pattern = x.raw
      if pattern < 0 { pattern += Int128(1) << width }
      index = pattern >> (width - bits)
    }
    return Number(Int128(table.table.entries[Int(index)]), table.table.type.fractionBits)
  }

  private static func softmax(_ rule: SoftmaxOperation, _ x: [Number]) -> [Number] {
    (0..<rule.groups.count).flatMap { group in
      let members = Array(x[group * rule.groups.size..<(group + 1) * rule.groups.size])
      switch rule.algorithm {
      case .normalized(let tables): return normalized(tables, members)
      case .pairwise(let tables): return pairwise(tables, members)
      }
    }
  }

  private static func normalized(_ rule: NormalizedSoftmax, _ x: [Number]) -> [Number] {
    let largest = x.reduce(x[0]) { $1 > $0 ? $1 : $0 }
    let terms = x.map { member in
      let argument = rule.differenceType.map { (largest - member).quantized(to: $0) } ?? member
      return look(argument, rule.exponential).quantized(to: rule.sumType)
    }
    func tree(_ terms: [Number]) -> Number {
      guard terms.count > 1 else { return terms[0] }
      var left = 1
      while left * 2 < terms.count { left *= 2 }
      return (tree(Array(terms[..<left])) + tree(Array(terms[left...]))).quantized(to: rule.sumType)
    }
    let reciprocal = look(tree(terms).quantized(to: rule.reciprocalInputType), rule.reciprocal)
    return terms.map { $0 * reciprocal }
  }

  private static func pairwise(_ rule: PairwiseSoftmax, _ x: [Number]) -> [Number] {
    x.indices.map { i in
      var sum = Number(1, 0).quantized(to: rule.sumType)
      for j in x.indices where j != i { sum = (sum + look(x[j] - x[i], rule.exponential)).quantized(to: rule.sumType) }
      return look(sum, rule.reciprocal)
    }
  }
}
