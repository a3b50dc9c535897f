/// Tables in logic: each bit of the entries is a function of the address.
extension BitNetwork {
  /// Inputs of a look-up table, and of the widest function that a slice's own multiplexers make of them.
  private static let tableInputs = 6
  private static let sliceInputs = 8

  /// The bits of a table's entries at an address.
  ///
  /// Addresses behind the table do not occur.
  mutating func lookup(_ entries: [Int64], address: [BitLiteral], width: Int, owner: Int32) -> [BitLiteral] {
    let size = 1 << min(address.count, 32)
    return (0..<width).map { bit in
      let column = (0..<size).map { $0 < entries.count && entries[$0] >> min(bit, 63) & 1 != 0 }
      return function(column[...], of: address, owner: owner)
    }
  }

  /// A function by its values, in the order of the address.
  private mutating func function(_ values: ArraySlice<Bool>, of inputs: [BitLiteral], owner: Int32) -> BitLiteral {
    if !values.contains(true) { return .zero }
    if !values.contains(false) { return .one }
    // What is decided by a constant, or does not depend on an input at all.
    for (place, input) in inputs.enumerated() {
      let halves = Self.halves(values, at: place)
      guard input.isConstant || halves.low == halves.high else { continue }
      var rest = inputs
      rest.remove(at: place)
      return function((input == .one ? halves.high : halves.low)[...], of: rest, owner: owner)
    }
    if inputs.count <= Self.tableInputs {
      let values = Array(values)
      return function(of: inputs, owner: owner) { values[$0] }
    }
    guard let last = inputs.last else { return .zero }
    let (low, high) = Self.halves(values, at: inputs.count - 1)
    let rest = Array(inputs.dropLast())
    let x = function(high[...], of: rest, owner: owner)
    let y = function(low[...], of: rest, owner: owner)
    // The multiplexers of a slice cost nothing.
    if inputs.count <= Self.sliceInputs, let level = sliceLevel(x), level == sliceLevel(y) {
      return add(.multiplexer(level + 1), owner: owner, [last, x, y])
    }
    return select(last, x, y, owner: owner)
  }

  /// The inputs of a table or of the multiplexer above two of them; nil of what is neither.
  private func sliceLevel(_ bit: BitLiteral) -> Int? {
    switch nodes[bit.node].kind {
    case .gate: Self.tableInputs
    case .multiplexer(let inputs): bit.isInverted ? nil : inputs
    case .source, .pair, .majority, .chain, .carry, .register, .control, .memory, .block: nil
    }
  }

  /// The values where an input is 0, and where it is 1.
  private static func halves(_ values: ArraySlice<Bool>, at place: Int) -> (low: [Bool], high: [Bool]) {
    let step = 1 << place
    var (low, high): ([Bool], [Bool]) = ([], [])
    low.reserveCapacity(values.count / 2)
    high.reserveCapacity(values.count / 2)
    for (offset, value) in values.enumerated() {
      if offset & step == 0 { low.append(value) } else { high.append(value) }
    }
    return (low, high)
  }
}
