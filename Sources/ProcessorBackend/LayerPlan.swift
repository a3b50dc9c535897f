import FixedPoint
import FixedPointIR

/// A layer of the model that becomes processors.
protocol LayerPlan {
  /// The type of sums that are quantised at every step; nil for exact ones.
  var accumulator: FixedPointType? { get }

  func build(
    _ node: FixedNode,
    _ graph: FixedPointGraph,
    _ ranges: MachineRanges,
    _ options: ProcessorOptions,
    _ arithmetic: ProcessorArithmetic
  ) throws -> BuiltLayer
}

/// Lanes and programs of a layer.
struct BuiltLayer {
  var weightFractionBits: Int
  var weights: Interval
  var groups: [LaneGroup]
  var processors: [Processor]
}

/// Neurons that see the same operands.
struct NeuronGroup {
  var operands: [Operand]
  var columns: [WeightColumn]
  /// By neuron.
  var biases: [ExactValue]
  /// By neuron: the element that it makes.
  var elements: [Int]
}

extension NeuronGroup {
  var fractionBits: Int { operands.map(\.type.fractionBits).max() ?? 0 }

  func slots(_ options: ProcessorOptions, _ arithmetic: ProcessorArithmetic) -> [[LanePlanning.Slot]] {
    let kept = options.isReloadable ? columns : columns.filter { column in column.weights.contains { $0 != 0 } }
    let planning = LanePlanning(columns: kept, processorCount: biases.count)
    switch arithmetic {
    case .multiply, .stepwise: return planning.multiplied(options.unroll)
    case .shiftAndAdd:
      // Another network has digits in other places.
      let bits = columns.flatMap(\.weights).reduce(Interval(0)) { $0.union(Interval(Int128($1))) }.bitWidth
      return planning.shifted(options.unroll, positions: options.isReloadable ? max(2, bits) : nil)
    }
  }

  /// Every sum that occurs, on a grid.
  func sum(of neuron: Int, lanes group: LaneGroup, weightFractionBits: Int, on grid: Int) -> Interval {
    columns.reduce(Interval(biases[neuron].raw(on: grid))) { sum, column in
      let product = group.range(of: column.operand).scaled(by: Int128(column.weights[neuron]))
      return sum + product.shifted(by: grid - group.fractionBits - weightFractionBits)
    }
  }
}

extension BuiltLayer {
  init(
    _ neurons: [NeuronGroup],
    weightFractionBits: Int,
    name: String,
    _ options: ProcessorOptions,
    _ arithmetic: ProcessorArithmetic
  ) {
    self.weightFractionBits = weightFractionBits
    groups = []
    processors = []
    var factors = Interval(0)
    var slots = neurons.map { $0.slots(options, arithmetic) }
    Self.align(&slots, neurons)
    for (number, (group, slots)) in zip(neurons, slots).enumerated() {
      let lanes = LaneGroup(slots, operands: group.operands)
      groups.append(lanes)
      for neuron in group.biases.indices {
        let program = ProcessorProgram(
          name: "\(name)_N\(group.elements[neuron])",
          start: 0,
          words: LaneGroup.words(slots, processor: neuron)
        )
        for factor in program.words.flatMap({ $0.map(\.factor) }) { factors = factors.union(Interval(Int128(factor))) }
        var bias = group.biases[neuron]
        // Another network's may not be zero.
        if bias.raw == 0 && !options.isReloadable { bias.fractionBits = lanes.fractionBits + weightFractionBits }
        processors.append(
          group.processor(neuron, bias, program, lanes, number, weightFractionBits: weightFractionBits, arithmetic)
        )
      }
    }
    weights = factors
    if arithmetic == .shiftAndAdd { weights = Interval(-1, 1) }
    if options.isReloadable { makeRoom(arithmetic) }
  }

  /// All groups of a layer take equally many cycles and lanes.
  private static func align(_ slots: inout [[[LanePlanning.Slot]]], _ neurons: [NeuronGroup]) {
    let steps = slots.flatMap { $0.map(\.count) }.max() ?? 1
    let lanes = slots.map(\.count).max() ?? 1
    for index in slots.indices {
      let idle = LanePlanning.Slot(
        source: .idle,
        operand: nil,
        factors: [Int64](repeating: 0, count: neurons[index].biases.count)
      )
      for lane in slots[index].indices {
        slots[index][lane] += [LanePlanning.Slot](repeating: idle, count: steps - slots[index][lane].count)
      }
      let missing = lanes - slots[index].count
      slots[index] += [[LanePlanning.Slot]](
        repeating: [LanePlanning.Slot](repeating: idle, count: steps),
        count: missing
      )
    }
  }

  /// Bits by which sums and weights of a network that is loaded later may be larger.
  static let headroom = 2

  /// Words that other networks fit in, too.
  private mutating func makeRoom(_ arithmetic: ProcessorArithmetic) {
    if arithmetic != .shiftAndAdd {
      weights = FixedPointType(width: max(2, weights.bitWidth), integerBits: 1, isSigned: true).rawRange
    }
    if case .stepwise = arithmetic { return }
    for index in processors.indices {
      let type = processors[index].accumulator
      let signed = type.isSigned ? type.width : type.width + 1
      let width = min(FixedPointType.maximumWidth, signed + Self.headroom)
      processors[index].accumulator = FixedPointType(width: width, integerBits: width - type.fractionBits)
    }
    let widest = processors.map(\.accumulator).max { $0.width < $1.width }
    for index in processors.indices { processors[index].accumulator = widest ?? processors[index].accumulator }
  }
}

extension NeuronGroup {
  fileprivate func processor(
    _ neuron: Int,
    _ bias: ExactValue,
    _ program: ProcessorProgram,
    _ lanes: LaneGroup,
    _ group: Int,
    weightFractionBits: Int,
    _ arithmetic: ProcessorArithmetic
  ) -> Processor {
    var program = program
    if case .stepwise(let type) = arithmetic {
      program.start = type.quantize(raw: bias.raw, fractionBits: bias.fractionBits).raw
      return Processor(
        program: program,
        element: elements[neuron],
        group: group,
        sum: type.rawRange,
        accumulator: type,
        finish: 0
      )
    }
    let products = lanes.fractionBits + weightFractionBits
    let grid = max(products, bias.fractionBits)
    program.start = bias.raw(on: grid)
    let sum = sum(of: neuron, lanes: lanes, weightFractionBits: weightFractionBits, on: grid)
    // Constants have a word, too.
    let word = sum.union(Interval(0)).union(Interval(program.start)).union(Interval(1))
    let type = FixedPointType.containing(word, fractionBits: grid)
    return Processor(
      program: program,
      element: elements[neuron],
      group: group,
      sum: sum,
      accumulator: type,
      finish: 0
    )
  }
}
