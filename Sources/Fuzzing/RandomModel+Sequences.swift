import ModelIR

extension RandomModel {
  /// One layer, two in a stack, both directions, an encoder that hands its state or its result to a decoder.
  mutating func sequenceLayers() throws -> TensorID {
    let input = try input([int(2...4), int(1...3)])
    let mask = flips(4) ? try mask(of: input) : nil
    switch int(0...4) {
    case 0, 1: return try recurrence(input, mask: mask, returnsAll: flips(2))
    case 2:
      let first = try recurrence(input, mask: mask, returnsAll: true)
      let between = flips(2) ? try relu(dense(first, size: int(1...3))) : first
      return try recurrence(between, mask: mask, returnsAll: flips(2))
    case 3:
      let joined = try bidirectional(input, mask: mask)
      return flips(2) || shape(joined).count == 1 ? joined : try recurrence(joined, mask: mask, returnsAll: flips(2))
    default: return try autoencoder(input)
    }
  }

  /// A sequence to one state, and that to a sequence again.
  private mutating func autoencoder(_ input: TensorID) throws -> TensorID {
    let units = int(1...3)
    let code = try recurrence(input, mask: nil, returnsAll: false, units: units)
    let steps = int(2...3)
    let repeated = try append(
      .gather(sources: (0..<steps).flatMap { _ in Array(0..<units) }),
      [code],
      declared: [steps, units]
    )
    // Some decoders start from what the encoder ended with.
    let decoded = try recurrence(repeated, mask: nil, returnsAll: true, units: units, start: flips(2) ? code : nil)
    return try dense(decoded, size: int(1...2))
  }

  private mutating func bidirectional(_ input: TensorID, mask: TensorID?) throws -> TensorID {
    let (units, returnsAll) = (int(1...3), flips(2))
    let ways = try [false, true].map {
      try recurrence(input, mask: mask, returnsAll: returnsAll, units: units, isReversed: $0)
    }
    let kinds: [ModelOperator] = [
      .concatenate(axis: returnsAll ? 1 : 0), .merge(.add), .merge(.multiply), .merge(.average),
    ]
    return try append(kinds[int(0...kinds.count - 1)], ways)
  }

  /// One where a step holds anything but zeros.
  private mutating func mask(of input: TensorID) throws -> TensorID {
    let zero = Staircase(thresholds: [0, 0.0.nextUp], values: [1, 0, 1])
    let differs = try append(.activation(.staircase(zero)), [input])
    return try append(.reduce(ReductionLayer(kind: .maximum, axes: [1], keepsAxes: true)), [differs])
  }

  /// - Parameter start: the state before the first step; an LSTM's cell starts from it, too.
  private mutating func recurrence(
    _ source: TensorID,
    mask: TensorID?,
    returnsAll: Bool,
    units: Int? = nil,
    isReversed: Bool? = nil,
    start: TensorID? = nil
  ) throws -> TensorID {
    let cells: [RecurrentLayer.Cell] = [.simple, .lstm, .lstm, .gru(resetsAfter: true), .gru(resetsAfter: false)]
    let cell = cells[int(0...cells.count - 1)]
    let units = units ?? int(1...3)
    let sums = cell.gateCount * units
    var layer = RecurrentLayer(
      cell,
      kernel: tensor([shape(source)[1], sums]),
      recurrentKernel: tensor([units, sums]),
      bias: flips(3) ? nil : tensor([sums]),
      recurrentBias: cell == .gru(resetsAfter: true) ? tensor([sums]) : nil
    )
    if flips(4) { layer.activation = .softsign }
    if flips(3) { layer.recurrentActivation = .hardSigmoid(slope: 0.2, shift: 0.5) }
    layer.isReversed = isReversed ?? flips(4)
    layer.returnsAll = returnsAll
    layer.isMasked = mask != nil
    layer.zeroesMasked = mask != nil && flips(2)
    layer.startsFromOperands = start != nil
    let states = start.map { [TensorID](repeating: $0, count: layer.stateCount) } ?? []
    return try append(.recurrence(layer), [source] + [mask].compactMap { $0 } + states)
  }
}
