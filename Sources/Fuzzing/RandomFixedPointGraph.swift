import Basics
import Diagnostics
import FixedPoint
import FixedPointIR

/// Makes small valid graphs with every operation, random types per element, all roundings and overflows.
package struct RandomFixedPointGraph {
  package var generator: SeededGenerator
  var graph = FixedPointGraph(name: "random")

  /// Whether dense layers may have hls4ml's stepwise accumulators.
  package var allowsStepwise = true
  /// Whether there may be ensembles of trees.
  package var allowsTrees = true
  /// Whether there may be kernels, fired over positions and over steps; without, only dense layers over rows that are built
  /// as if each row had its own.
  package var allowsKernels = true
  /// The widest types of tensors; above some 50 bits, some graphs need integers that the verifier refuses.
  package var maximumWidth = 10

  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// A chain of `layers` layers over one or two inputs, with joins.
  package mutating func graph(layers: Int) -> FixedPointGraph {
    graph = FixedPointGraph(name: "random")
    let width = int(2...6)
    var live: [FixedTensorID] = (0..<int(1...2)).map { i in
      append(.input, "input\(i)", [], types: types(width))
    }
    for layer in 0..<layers {
      let source = live[int(0...live.count - 1)]
      live.append(randomLayer(source, live: live, name: "layer\(layer)"))
      if live.count > 3 { live.removeFirst() }
    }
    graph.outputs = live.count > 1 ? Array(live.suffix(2)) : live
    return graph
  }

  /// A vector of raw-ish numbers for the inputs: mostly inside the types, sometimes far outside.
  package mutating func inputs(for graph: FixedPointGraph) -> [Double] {
    graph.inputs.flatMap { id in
      graph[id].types.all.map { type -> Double in
        switch int(0...9) {
        case 0: return type.value(ofRaw: type.minimumRaw)
        case 1: return type.value(ofRaw: type.maximumRaw)
        case 2: return Double.random(in: -1000...1000, using: &generator)
        default:
          let bound = max(type.value(ofRaw: type.maximumRaw), 1e-3)
          return Double.random(in: (type.isSigned ? -bound : 0)...bound, using: &generator)
        }
      }
    }
  }

  package mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  package mutating func type(widths: ClosedRange<Int> = 0...10) -> FixedPointType {
    let width = int(widths)
    return FixedPointType(
      width: width,
      integerBits: int(-2...max(width, 1)),
      isSigned: Bool.random(using: &generator),
      rounding: Rounding.allCases.randomElement(using: &generator) ?? .truncate,
      overflow: Overflow.allCases.randomElement(using: &generator) ?? .wrap
    )
  }

  package mutating func types(_ count: Int) -> ElementTypes {
    if Bool.random(using: &generator) { return ElementTypes(uniform: type(widths: 1...maximumWidth), count: count) }
    return ElementTypes(each: (0..<count).map { _ in type(widths: 0...maximumWidth) })
  }

  mutating func append(
    _ operation: FixedOperation,
    _ name: String,
    _ inputs: [FixedTensorID],
    shape: [Int]? = nil,
    types: ElementTypes
  ) -> FixedTensorID {
    graph.append(
      operation,
      named: name,
      kind: "Random",
      inputs: inputs,
      shape: shape ?? [types.count],
      types: types,
      origin: Origin(file: "random", place: name)
    )
  }

  private mutating func vector(_ count: Int, _ range: ClosedRange<Int> = -20...20) -> ConstantVector {
    let length = Bool.random(using: &generator) ? 1 : count
    return ConstantVector(raw: (0..<length).map { _ in Int64(int(range)) }, fractionBits: int(-1...6))
  }

  /// Every kind of operation, dense layers more often than the others.
  private mutating func randomKind() -> FixedOperation.Kind {
    let kinds = FixedOperation.Kind.allCases.filter { kind in
      switch kind {
      case .input: false
      case .treeEnsemble: allowsTrees
      case .map, .scan: allowsKernels
      case .dense, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .gather,
        .requantize, .tableSum:
        true
      }
    }
    return (kinds + [.dense, .dense]).randomElement(using: &generator) ?? .dense
  }

  mutating func randomLayer(_ source: FixedTensorID, live: [FixedTensorID], name: String) -> FixedTensorID {
    let count = graph[source].count
    switch randomKind() {
    case .input, .dense: return dense(source, name)
    case .requantize: return append(.requantize, name, [source], types: types(count))
    case .map: return map(source, name)
    case .scan: return scan(source, name)
    case .affine:
      return append(
        .affine(AffineOperation(scale: vector(count), bias: vector(count))),
        name,
        [source],
        types: types(count)
      )
    case .rectifier: return append(.rectifier(rectifier(count)), name, [source], types: types(count))
    case .clampedLinear:
      let lower = vector(count, -20...0)
      let upper = vector(count, 1...20)
      let rule = ClampedLinearOperation(slope: vector(count), shift: vector(count), lower: lower, upper: upper)
      return append(.clampedLinear(rule), name, [source], types: types(count))
    case .table:
      let aligned = onOneGrid(source, name)
      return append(.table(table(for: graph[aligned].types[0])), name, [aligned], types: types(count))
    case .exponentialUnit:
      let aligned = onOneGrid(source, name)
      let rule = ExponentialUnitOperation(
        positiveScale: vector(count),
        negativeScale: vector(count),
        exponential: table(for: graph[aligned].types[0])
      )
      return append(.exponentialUnit(rule), name, [aligned], types: types(count))
    case .softmax: return softmax(source, name)
    case .argmax: return append(.argmax(groups: groups(count)), name, [source], types: types(count))
    case .merge: return merge(source, live: live, name)
    case .gather: return gather(source, live: live, name)
    case .tableSum:
      let outputs = int(1...4)
      return append(.tableSum(tableSum(inputs: count, outputs: outputs)), name, [source], types: types(outputs))
    case .treeEnsemble:
      let outputs = int(1...4)
      let source = narrowed(source, name)
      return append(
        .treeEnsemble(trees(over: graph[source].types, outputs: outputs)),
        name,
        [source],
        types: types(outputs)
      )
    }
  }

  private mutating func rectifier(_ count: Int) -> RectifierOperation {
    if Bool.random(using: &generator) { return .relu }
    return RectifierOperation(
      threshold: vector(count),
      isInclusive: Bool.random(using: &generator),
      lowerSlope: vector(count),
      lowerOffset: vector(count),
      maximum: Bool.random(using: &generator) ? vector(count, 0...40) : nil
    )
  }

  private mutating func dense(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    let count = graph[source].count
    let positions = count % 2 == 0 && Bool.random(using: &generator) ? 2 : 1
    let inputSize = count / positions
    let outputSize = int(1...5)
    let weights = (0..<inputSize * outputSize).map { _ in int(0...3) == 0 ? 0 : Int64(int(-31...31)) }
    var accumulation = Accumulation.exact
    if allowsStepwise && Bool.random(using: &generator) {
      let order = Bool.random(using: &generator) ? SummationOrder.ascending : .resource(reuseFactor: int(1...4))
      accumulation = .stepwise(type(widths: 4...24), order: order)
    }
    let operation = DenseOperation(
      inputSize: inputSize,
      outputSize: outputSize,
      weights: weights,
      weightFractionBits: int(0...6),
      bias: ConstantVector(raw: (0..<outputSize).map { _ in Int64(int(-100...100)) }, fractionBits: int(0...8)),
      accumulation: accumulation
    )
    if positions > 1 { return rows(of: source, operation, name) }
    return append(.dense(operation), name, [source], types: types(outputSize))
  }

  /// The source itself where its elements share a type, else the same values in one type.
  private mutating func onOneGrid(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    if graph[source].types.uniform != nil { return source }
    let types = ElementTypes(uniform: type(widths: 1...10), count: graph[source].count)
    return append(.requantize, name + "_aligned", [source], types: types)
  }

  /// The source itself where trees can compare all its elements, else the same values in other types.
  private mutating func narrowed(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    let widest = TreeEnsembleOperation.widestFeature
    if graph[source].types.all.allSatisfy({ $0.width <= widest }) { return source }
    let types = ElementTypes(each: graph[source].types.all.map { _ in type(widths: 0...widest) })
    return append(.requantize, name + "_narrowed", [source], types: types)
  }

  private mutating func table(for argument: FixedPointType?) -> AddressedTable {
    let type = type(widths: 1...12)
    var addressing = TableAddressing.linear(base: Int64(int(-20...10)), shift: int(-1...3))
    var count = int(1...40)
    switch int(0...2) {
    case 0:
      let multiplier = Int64(int(1...64)) * (Bool.random(using: &generator) ? 1 : -1)
      addressing = .scaled(ScaledAddressing(multiplier: multiplier, rangeLog2: int(0...5), offset: Int64(int(-5...30))))
    case 1:
      guard let argument else { break }
      let bits = int(0...min(argument.width, 5))
      addressing = .leadingBits(bits: bits, width: argument.width)
      count = 1 << bits
    default: break
    }
    let entries = (0..<count).map { _ in
      Int64(Int128.random(in: type.rawRange.lower...type.rawRange.upper, using: &generator))
    }
    return AddressedTable(table: LookupTable(entries: entries, type: type), addressing: addressing)
  }

  private mutating func groups(_ count: Int) -> SoftmaxGroups {
    count % 2 == 0 && Bool.random(using: &generator)
      ? SoftmaxGroups(count: 2, size: count / 2) : SoftmaxGroups(count: 1, size: count)
  }

  private mutating func softmax(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    let aligned = onOneGrid(source, name)
    let count = graph[aligned].count
    let sumType = type(widths: 1...12)
    let algorithm: SoftmaxAlgorithm
    if Bool.random(using: &generator) {
      let difference = Bool.random(using: &generator) ? type(widths: 1...10) : nil
      let input = type(widths: 1...10)
      algorithm = .normalized(
        NormalizedSoftmax(
          differenceType: difference,
          exponential: table(for: difference ?? graph[aligned].types[0]),
          sumType: sumType,
          reciprocalInputType: input,
          reciprocal: table(for: input)
        )
      )
    } else {
      algorithm = .pairwise(
        PairwiseSoftmax(exponential: table(for: nil), sumType: sumType, reciprocal: table(for: sumType))
      )
    }
    let operation = SoftmaxOperation(groups: groups(count), algorithm: algorithm)
    return append(.softmax(operation), name, [aligned], types: types(count))
  }

  private mutating func merge(_ source: FixedTensorID, live: [FixedTensorID], _ name: String) -> FixedTensorID {
    let count = graph[source].count
    let kind = FixedMergeKind.allCases.randomElement(using: &generator) ?? .add
    let partners = live.filter { graph[$0].count == count }
    var inputs = [source, partners.randomElement(using: &generator) ?? source]
    if kind != .subtract, kind != .average, Bool.random(using: &generator) { inputs.append(source) }
    return append(.merge(kind), name, inputs, types: types(count))
  }

  private mutating func gather(_ source: FixedTensorID, live: [FixedTensorID], _ name: String) -> FixedTensorID {
    let other = live[int(0...live.count - 1)]
    let sources = (0..<int(2...6)).map { _ in
      let input = int(0...1)
      return GatherOperation.Source(input: input, element: int(0...graph[input == 0 ? source : other].count - 1))
    }
    return append(.gather(GatherOperation(sources: sources)), name, [source, other], types: types(sources.count))
  }
}
