import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Quantises a recurrent cell: first the types of its states, then everything between.
///
/// A state's type is chosen by what it was seen to hold, where there are calibration data. Otherwise its range is proven: the
/// cell is analysed from the first state on, step by step, until the ranges stop growing or all steps are taken, with
/// states so wide that none is cut; what comes out sizes the types, and the cell that has them is analysed again.
struct CellQuantization {
  private let layer: RecurrentLayer
  private let node: ModelNode
  private let steps: Int
  private let slices: [ElementTypes]
  private let starts: [[ExactRange]]?
  private let options: NativeOptions
  private let data: CalibrationData?
  private let model: ModelGraph

  /// - Parameters:
  ///   - slices: by sliced operand, the types of a slice.
  ///   - starts: what the states before the first step can be, by state; nil: zero.
  ///   - data: what the cell reads at every step of typical events.
  init(
    _ layer: RecurrentLayer,
    node: ModelNode,
    source: ModelSource,
    steps: Int,
    slices: [ElementTypes],
    starts: [[ExactRange]]?,
    options: NativeOptions,
    data: CalibrationData?
  ) {
    self.layer = layer
    self.node = node
    self.steps = steps
    self.slices = slices
    self.starts = starts
    self.options = options
    self.data = data
    model = RecurrentCell(layer, name: node.name, origin: node.origin, source: source).graph
  }

  /// The cell as the body of a scan.
  func run(log: DiagnosticLog) throws -> FixedPointGraph {
    let observed = data.map { ObservedRange.observe(model, $0, coverage: options.coverage) }
    if let observed {
      let types = model.outputs.prefix(layer.stateCount).enumerated().map { state, output in
        observedType(state, observed[output.index])
      }
      return try body(states: types, observed: observed, log: log)
    }
    var ranges = try provenRanges(try body(states: wideTypes, observed: nil, log: log))
    // Types change what the cell rounds, and so what its states can be: a type must hold what the cell itself makes.
    for _ in 0..<Self.attempts {
      let types = ranges.map(provenType)
      let body = try body(states: types, observed: nil, log: log)
      let found = try provenRanges(body)
      let isHeld = zip(found, types).allSatisfy { ranges, type in
        ranges.allSatisfy { type.holds(type.quantizedGrid($0), fractionBits: type.fractionBits) }
      }
      if isHeld { return body }
      ranges = zip(ranges, found).map { zip($0, $1).map { $0.union($1) } }
    }
    return try body(states: ranges.map(provenType), observed: nil, log: log)
  }

  /// How often types are widened before what is left is clamped.
  private static let attempts = 6

  // MARK: - The body

  private func body(states: [FixedPointType], observed: [ObservedRange?]?, log: DiagnosticLog) throws
    -> FixedPointGraph
  {
    var options = options
    func prescribe(_ name: String, _ types: ElementTypes) {
      options.prescriptions[name] = LayerPrescription(types: .each(types))
    }
    for (state, type) in states.enumerated() {
      let types = ElementTypes(uniform: type, count: layer.units)
      prescribe(RecurrentCell.states[state], types)
      prescribe(RecurrentCell.nextStates[state], types)
    }
    // Rounded, a step from one value toward another could lead beyond it.
    for name in RecurrentCell.differences { options.prescriptions[name] = LayerPrescription(types: .exact) }
    for (name, types) in zip([RecurrentCell.slice, RecurrentCell.mask], slices) { prescribe(name, types) }
    var builder = NativeGraphBuilder(
      model: model,
      options: options,
      observed: observed,
      calibration: data,
      log: log
    )
    try builder.build()
    return builder.graph
  }

  // MARK: - States

  private func observedType(_ state: Int, _ observed: ObservedRange?) -> FixedPointType {
    let start = starts?[state] ?? []
    let reach = ExactRange(raw: Interval(-(1 << 60), 1 << 60), fractionBits: 40)
    guard var observed else { return choice([reach], nil).common }
    // The first state is read, too.
    observed.lower = min(observed.lower, 0, start.map(\.lower).min() ?? 0)
    observed.upper = max(observed.upper, 0, start.map(\.upper).max() ?? 0)
    return choice([reach], observed).common
  }

  private func provenType(_ ranges: [ExactRange]) -> FixedPointType {
    choice(ranges, nil).common
  }

  private func choice(_ exact: [ExactRange], _ observed: ObservedRange?) -> TypeChoice {
    TypeChoice(
      exact: exact,
      observed: observed,
      bits: options.precision?.width ?? options.activationBits,
      provenFractionBits: options.provenFractionBits,
      cap: options.precision,
      isPort: false
    )
  }

  /// Types in which no state is cut while its range is sought.
  private var wideTypes: [FixedPointType] {
    let isBounded = layer.activation.isBoundedByOne
    return (0..<layer.stateCount).map { state in
      let start = (starts?[state] ?? []).map { max(abs($0.lower), abs($0.upper)) }.max() ?? 0
      var reach = isBounded && state == 0 ? 1 : isBounded ? Double(steps) : Self.largest
      reach = max(reach, 1) + start
      let integerBits = TypeChoice.integerBits(-reach, reach, isSigned: true) + 1
      let fractionBits = max(options.activationBits - 1, options.provenFractionBits)
      return FixedPointType(
        width: integerBits + fractionBits,
        integerBits: integerBits,
        rounding: .roundHalfUp,
        overflow: .saturate
      )
    }
  }

  /// A state that can grow beyond this is not sized by proof.
  private static let largest = 0x1p20

  /// What the states can be, at any step, before their types have cut anything.
  private func provenRanges(_ body: FixedPointGraph) throws -> [[ExactRange]] {
    let states = body.inputs.prefix(layer.stateCount)
    let slices = body.inputs.dropFirst(layer.stateCount).map { body[$0].types.all.map(\.rawRange) }
    func raw(_ state: Int, _ ranges: [ExactRange]) -> [Interval] {
      let types = body[states[state]].types
      return ranges.enumerated().map { types[$0].quantizedRange(of: $1.raw, fractionBits: $1.fractionBits) }
    }
    let zero = [ExactRange](repeating: .zero, count: layer.units)
    var reached = (0..<layer.stateCount).map { starts?[$0] ?? zero }
    let makers = body.outputs.prefix(layer.stateCount).map { output in
      body.nodes.firstIndex { $0.output == output } ?? 0
    }
    for _ in 0..<steps {
      let here = reached.indices.map { raw($0, reached[$0]) }
      let analysis = RangeAnalysis(body, inputs: here + slices)
      for state in reached.indices {
        reached[state] = zip(reached[state], analysis.exact[makers[state]]).map { $0.union($1) }
        for range in reached[state] { try checkGrowth(range) }
      }
      if reached.indices.allSatisfy({ raw($0, reached[$0]) == here[$0] }) { break }
    }
    return reached
  }

  private func checkGrowth(_ range: ExactRange) throws {
    let reach = max(abs(range.lower), abs(range.upper))
    guard reach > Self.largest else { return }
    throw Diagnostic.error(
      "unbounded-state",
      "the state of '\(node.name)' cannot be bounded: within its \(steps) steps it may exceed \(Int(Self.largest))",
      at: node.origin,
      hint: "give typical inputs (\(option: .calibration)), or train with a bounded activation such as tanh"
    )
  }
}

extension FixedPointType {
  /// A range on this type's grid, rounded as the type rounds but not cut.
  fileprivate func quantizedGrid(_ range: ExactRange) -> Interval {
    var free = self
    free.width += 64
    free.integerBits += 64
    return free.quantizedRange(of: range.raw, fractionBits: range.fractionBits)
  }
}

extension ActivationFunction {
  /// Whether all values of the function lie between -1 and 1.
  var isBoundedByOne: Bool {
    switch self {
    case .sigmoid, .tanh, .softsign, .hardSigmoid, .hardTanh, .erf: true
    case .linear, .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .hardShrink, .softplus, .softmax,
      .clip, .hardSwish, .staircase, .exponential, .reciprocal, .gelu, .geluTanh, .swish, .squareRoot,
      .inverseSquareRoot, .logarithm:
      false
    }
  }
}
