import Diagnostics
import FixedPoint

/// The verifier's view of one node: whether the operation fits its tensors, and its constants are valid.
struct OperationCheck {
  let node: FixedNode
  let graph: FixedPointGraph

  var count: Int { graph[node.output].count }
  func inputTypes(_ input: Int = 0) -> ElementTypes { graph[node.inputs[input]].types }

  func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else {
      throw Diagnostic.error(
        "invalid-fixed-point-graph",
        "layer '\(node.name)' (\(node.kind)): \(message())",
        at: node.origin
      )
    }
  }

  func verify() throws {
    let arity = node.operation.facts.arity
    try require(arity.allows(node.inputs.count), "expected \(arity), found \(node.inputs.count)")
    switch node.operation {
    case .input: break
    case .dense(let dense): try verify(dense)
    case .affine(let rule):
      try requireElementwise()
      try verify(rule.scale, "scale")
      try verify(rule.bias, "bias")
    case .rectifier(let rule):
      try requireElementwise()
      try verify(rule.threshold, "threshold")
      try verify(rule.lowerSlope, "slope")
      try verify(rule.lowerOffset, "offset")
      if let maximum = rule.maximum { try verify(maximum, "maximum") }
    case .clampedLinear(let rule):
      try requireElementwise()
      try verify(rule.slope, "slope")
      try verify(rule.shift, "shift")
      try verify(rule.lower, "lower limit")
      try verify(rule.upper, "upper limit")
    case .table(let table):
      try requireElementwise()
      try verify(table, arguments: inputTypes(), "table")
    case .exponentialUnit(let rule):
      try requireElementwise()
      try verify(rule.positiveScale, "scale of the positive side")
      try verify(rule.negativeScale, "scale of the negative side")
      try verify(rule.exponential, arguments: inputTypes(), "table")
    case .softmax(let softmax):
      try requireElementwise()
      try verify(softmax.groups)
      try verify(softmax.algorithm)
    case .argmax(let groups):
      try requireElementwise()
      try verify(groups)
    case .merge(let kind): try verify(kind)
    case .gather(let gather): try verify(gather)
    case .requantize: try requireElementwise()
    case .treeEnsemble(let ensemble): try verify(ensemble)
    case .tableSum(let sums): try verify(sums)
    case .map(let map): try verify(map)
    case .scan(let scan): try verify(scan)
    }
  }

  private func requireElementwise() throws {
    try require(
      graph[node.inputs[0]].count == count,
      "it has \(graph[node.inputs[0]].count) input elements and \(count) output elements"
    )
  }

  private func verify(_ vector: ConstantVector, _ what: String, count: Int? = nil) throws {
    let count = count ?? self.count
    try require(
      vector.raw.count == 1 || vector.raw.count == count,
      "the \(what) has \(vector.raw.count) values for \(count) elements"
    )
    try require(
      abs(vector.fractionBits) <= FixedPointGraphVerifier.maximumFractionBits,
      "the \(what) has \(vector.fractionBits) fraction bits"
    )
  }

  private func verify(_ dense: DenseOperation) throws {
    try require(
      dense.inputSize > 0 && dense.outputSize > 0
        && dense.weights.count == dense.inputSize * dense.outputSize
        && graph[node.inputs[0]].count == dense.inputSize && count == dense.outputSize,
      "a kernel of \(dense.inputSize) x \(dense.outputSize) does not fit \(graph[node.inputs[0]].count) inputs and "
        + "\(count) outputs"
    )
    try verify(dense.bias, "bias", count: dense.outputSize)
    try require(
      abs(dense.weightFractionBits) <= FixedPointGraphVerifier.maximumFractionBits,
      "the kernel has \(dense.weightFractionBits) fraction bits"
    )
    if case .stepwise(let type, let order) = dense.accumulation {
      try verify(type, "accumulator")
      if case .resource(let reuseFactor) = order {
        try require(reuseFactor > 0, "the reuse factor is \(reuseFactor)")
      }
    }
  }

  private func verify(_ ensemble: TreeEnsembleOperation) throws {
    if let problem = ensemble.problem(features: inputTypes(), outputs: count) { try require(false, problem) }
    try verify(ensemble.bias, "bias")
    if case .stepwise(let type) = ensemble.accumulation { try verify(type, "accumulator") }
  }

  private func verify(_ sums: TableSum) throws {
    if let problem = sums.problem { try require(false, problem) }
    try require(
      graph[node.inputs[0]].count == sums.inputCount && count == sums.outputCount,
      "tables over \(sums.inputCount) inputs for \(sums.outputCount) outputs do not fit "
        + "\(graph[node.inputs[0]].count) inputs and \(count) outputs"
    )
  }

  private func verify(_ type: FixedPointType, _ what: String) throws {
    try require(
      (0...FixedPointType.maximumWidth).contains(type.width)
        && abs(type.integerBits) <= FixedPointGraphVerifier.maximumFractionBits,
      "the \(what) has the type \(type); the limit is \(FixedPointType.maximumWidth) bits"
    )
  }

  private func verify(_ groups: SoftmaxGroups) throws {
    let (product, overflow) = groups.count.multipliedReportingOverflow(by: groups.size)
    try require(
      groups.count > 0 && groups.size > 0 && !overflow && product == count,
      "\(groups.count) groups of \(groups.size) do not cover \(count) elements"
    )
  }

  private func verify(_ algorithm: SoftmaxAlgorithm) throws {
    switch algorithm {
    case .normalized(let rule):
      var arguments = inputTypes()
      if let type = rule.differenceType {
        try verify(type, "difference")
        arguments = ElementTypes(uniform: type, count: 1)
      }
      try verify(rule.sumType, "sum")
      try verify(rule.reciprocalInputType, "argument of the reciprocal")
      try verify(rule.exponential, arguments: arguments, "exponential table")
      try verify(
        rule.reciprocal,
        arguments: ElementTypes(uniform: rule.reciprocalInputType, count: 1),
        "reciprocal table"
      )
    case .pairwise(let rule):
      try verify(rule.sumType, "sum")
      // A difference of two elements has one bit more than they, on their common grid.
      try verify(rule.exponential, arguments: nil, "exponential table")
      try verify(rule.reciprocal, arguments: ElementTypes(uniform: rule.sumType, count: 1), "reciprocal table")
    }
  }

  /// - Parameter arguments: the types of the arguments, or nil where they are differences of elements.
  private func verify(_ table: AddressedTable, arguments: ElementTypes?, _ what: String) throws {
    let entries = table.table.entries
    try verify(table.table.type, what)
    try require(!entries.isEmpty, "the \(what) is empty")
    let range = table.table.type.rawRange
    try require(
      entries.allSatisfy { range.contains(Int128($0)) },
      "the \(what) has entries outside \(table.table.type)"
    )
    switch table.addressing {
    case .scaled(let rule):
      try require(
        (0...62).contains(rule.rangeLog2) && rule.multiplier != 0 && rule.multiplier != .min,
        "the \(what) has an impossible address rule"
      )
    case .linear(_, let shift):
      try require(abs(shift) <= FixedPointType.maximumWidth, "the \(what) shifts its argument by \(shift) places")
      try requireOneGrid(arguments, what)
    case .leadingBits(let bits, let width):
      try require(
        (0...30).contains(bits) && bits <= width && (0...FixedPointType.maximumWidth).contains(width)
          && entries.count == 1 << bits,
        "the \(what) has \(entries.count) entries for an address of \(bits) of \(width) bits"
      )
      try require(arguments != nil, "the \(what) cannot be addressed by leading bits of a difference")
      try require(
        arguments?.all.allSatisfy { $0.width <= width } ?? true,
        "the \(what) reads \(width) bits of wider arguments"
      )
      try requireOneGrid(arguments, what)
    }
  }

  /// Raw addresses mean the same argument only where all arguments stand on one grid.
  private func requireOneGrid(_ arguments: ElementTypes?, _ what: String) throws {
    let types = arguments ?? inputTypes()
    guard types.uniform == nil else { return }
    let grids = Set(types.all.filter { $0.width > 0 }.map(\.fractionBits))
    try require(grids.count <= 1, "the \(what) is addressed by raw values of different binary points")
  }

  private func verify(_ kind: FixedMergeKind) throws {
    try require(
      node.inputs.allSatisfy { graph[$0].count == count },
      "its inputs and its output differ in their number of elements"
    )
  }

  private func verify(_ gather: GatherOperation) throws {
    try require(gather.sources.count == count, "\(gather.sources.count) sources for \(count) elements")
    try require(
      gather.sources.allSatisfy { source in
        node.inputs.indices.contains(source.input)
          && (0..<graph[node.inputs[source.input]].count).contains(source.element)
      },
      "it reads an element that does not exist"
    )
  }
}
