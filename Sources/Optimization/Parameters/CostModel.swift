/// What weights cost in adder bits, before any adder graph is sought: every nonzero signed digit of a weight adds its input
/// once, and an adder is a little wider than its operand.
///
/// Sharing makes dense layers cheaper by 10 to 35 %; sparse ones come within 5 %.
struct CostModel: Sendable {
  let tape: Tape
  /// What an adder has beyond the bits of its operand.
  static let extraBits = 2.5
  /// What a bit of two numbers costs of which the larger one is wanted: half a LUT to compare, one to select.
  private static let comparisonBits = 1.5

  /// Adder bits of a signed digit in each row of a kernel, all positions together.
  ///
  /// - Parameter all: Whether those of all positions are counted; else of one.
  func digitCosts(_ kernel: Int, _ types: [PointTypes]?, ofAllPositions all: Bool = true) -> [Double] {
    let place = tape.kernels[kernel]
    return (0..<place.inputs).map { i in
      // Positions differ in their padding; the widest number that a row sees decides.
      var bits = 0
      for position in 0..<place.positions {
        guard let origin = place.origins[position * place.inputs + i] else { continue }
        bits = max(bits, types?[origin.point].width(origin.group) ?? 8)
      }
      return Double(all ? place.positions : 1) * (Double(bits) + Self.extraBits)
    }
  }

  /// Adder bits of a whole network.
  func cost(_ parameters: NetworkParameters, ofAllPositions all: Bool = true) -> Double {
    parameters.kernels.indices.reduce(0) { total, k in
      let costs = digitCosts(k, parameters.types, ofAllPositions: all)
      let outputs = tape.kernels[k].outputs
      let digits = parameters.kernels[k].digits
      return digits.indices.reduce(total) { $0 + costs[$1 / outputs] * Double(digits[$1]) }
    }
  }

  /// By point and group, how many adder bits one more bit of the values costs.
  func digitsReading(_ parameters: NetworkParameters) -> [[Double]] {
    var result = tape.points.map { point -> [Double] in
      let elements = Double(tape.sizes[point.slot] / point.groups)
      // A bit more is also a bit more to clamp, where it does not come from a port, and to compare.
      let clamped = point.kind == .port ? 0 : elements
      return (0..<point.groups).map { group in
        Double(point.otherReaders[group]) + clamped + Self.comparisonBits * Double(point.comparisons[group])
      }
    }
    for (k, place) in tape.kernels.enumerated() {
      let kernel = parameters.kernels[k]
      let rows = (0..<place.inputs).map { i in
        kernel.digits[i * place.outputs..<(i + 1) * place.outputs].reduce(0.0) { $0 + Double($1) }
      }
      for (element, origin) in place.origins.enumerated() {
        if let origin { result[origin.point][origin.group] += rows[element % place.inputs] }
      }
    }
    return result
  }

  /// The same before there are digits: as many as a weight of eight bits has about.
  func expectedDigits(perWeight: Double) -> [[Double]] {
    var result = digitsReading(
      NetworkParameters(
        kernels: tape.kernels.map {
          KernelParameters(weights: [], bias: [], digits: [UInt8](repeating: 0, count: $0.inputs * $0.outputs))
        },
        types: nil
      )
    )
    for place in tape.kernels {
      for origin in place.origins {
        if let origin { result[origin.point][origin.group] += perWeight * Double(place.outputs) }
      }
    }
    return result
  }

  /// Whether anybody reads a group.
  static func isRead(_ point: QuantizationPoint, _ group: Int, digits: Double, elements: Int) -> Bool {
    let own = point.kind == .port ? 0 : Double(elements)
    return digits > own + comparisonBits * Double(point.comparisons[group])
  }
}
