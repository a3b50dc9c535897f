import FixedPoint

/// One operand of a processor's sum, and its weights by processor.
struct WeightColumn {
  var operand: Int
  /// By processor of the group.
  var weights: [Int64]

  /// Digits of -1, 0 and 1, by position, then by processor: the canonical ones, of which no two neighbours are both used.
  ///
  /// - Parameter positions: that are kept though no processor has a digit there.
  func digits(keeping positions: Int) -> [(position: Int, digits: [Int64])] {
    let all = weights.map(Self.signedDigits)
    let length = all.reduce(positions) { max($0, $1.count) }
    return (0..<length).compactMap { position in
      let digits = all.map { position < $0.count ? $0[position] : 0 }
      return position >= positions && digits.allSatisfy { $0 == 0 } ? nil : (position, digits)
    }
  }

  private static func signedDigits(_ weight: Int64) -> [Int64] {
    var digits: [Int64] = []
    var rest = Int128(weight)
    while rest != 0 {
      let digit: Int128 = rest & 1 == 0 ? 0 : 2 - (rest & 3)
      digits.append(Int64(digit))
      rest = (rest - digit) >> 1
    }
    return digits
  }
}

/// Lays the products of a group of processors out over lanes and cycles.
struct LanePlanning {
  /// Of the columns.
  let columns: [WeightColumn]
  let processorCount: Int

  /// By lane, by cycle: what the lane shows, and the factor of each processor.
  struct Slot {
    var source: LaneSource
    var operand: Int?
    var shift = 0
    var factors: [Int64]
  }

  /// Operands one behind the other, some in each cycle.
  func multiplied(_ unroll: ProcessorOptions.Unroll) -> [[Slot]] {
    let lanes: Int
    switch unroll {
    case .lanes(let number): lanes = min(number, max(1, columns.count))
    case .full: lanes = max(1, columns.count)
    }
    let steps = max(1, (columns.count + lanes - 1) / lanes)
    return (0..<lanes).map { lane in
      (0..<steps).map { step in
        let number = step * lanes + lane
        guard number < columns.count else { return idle }
        let column = columns[number]
        return Slot(
          source: .load(operand: column.operand, shift: 0),
          operand: column.operand,
          factors: column.weights
        )
      }
    }
  }

  /// Digits of weights one behind the other: each operand is loaded once and shifted from digit to digit.
  ///
  /// - Parameter positions: of digits that are kept, used or not; nil: those that are used.
  func shifted(_ unroll: ProcessorOptions.Unroll, positions: Int?) -> [[Slot]] {
    let digits = columns.map { column in (column: column, digits: column.digits(keeping: positions ?? 0)) }
      .filter { !$0.digits.isEmpty }
    let lanes: Int
    switch unroll {
    case .full:
      let all = digits.flatMap { column, digits in
        digits.map { position, factors in
          [
            Slot(
              source: .load(operand: column.operand, shift: position),
              operand: column.operand,
              shift: position,
              factors: factors
            )
          ]
        }
      }
      return all.isEmpty ? [[idle]] : all
    case .lanes(let number): lanes = min(number, max(1, digits.count))
    }
    var result = [[Slot]](repeating: [], count: lanes)
    for (column, digits) in digits {
      let lane = result.indices.min { result[$0].count < result[$1].count } ?? 0
      var last: Int?
      for (position, factors) in digits {
        let source =
          last.map { LaneSource.shifted(position - $0) } ?? .load(operand: column.operand, shift: position)
        result[lane].append(Slot(source: source, operand: column.operand, shift: position, factors: factors))
        last = position
      }
    }
    let steps = max(1, result.reduce(0) { max($0, $1.count) })
    return result.map { $0 + [Slot](repeating: idle, count: steps - $0.count) }
  }

  private var idle: Slot { Slot(source: .idle, operand: nil, factors: [Int64](repeating: 0, count: processorCount)) }
}

extension LaneGroup {
  /// - Parameter slots: by lane, then by cycle.
  init(_ slots: [[LanePlanning.Slot]], operands: [Operand]) {
    self.operands = operands
    fractionBits = operands.map(\.type.fractionBits).max() ?? 0
    schedule = slots.map { $0.map(\.source) }
    ranges = []
    ranges = slots.map { lane in
      lane.reduce(Interval(0)) { union, slot in
        guard let operand = slot.operand else { return union }
        return union.union(range(of: operand).shifted(by: slot.shift))
      }
    }
  }

  /// The words of a processor of the group.
  static func words(_ slots: [[LanePlanning.Slot]], processor: Int) -> [[LaneInstruction]] {
    (0..<(slots.first?.count ?? 0)).map { step in
      slots.map { lane in
        let slot = lane[step]
        return LaneInstruction(operand: slot.operand, shift: slot.shift, factor: slot.factors[processor])
      }
    }
  }
}
