import FixedPoint

/// Fixed-point values of many samples, sample by sample.
package struct SampleValues: Sendable {
  package let samples: Int
  /// The type of each element of a sample.
  package let types: [FixedPointType]
  /// The values, exact where all raw values have at most 53 bits, else rounded to the nearest double.
  package let doubles: [Double]
  /// The raw values where doubles do not hold them.
  private let wide: [Int128]?

  init(samples: Int, types: [FixedPointType], doubles: [Double], wide: [Int128]?) {
    self.samples = samples
    self.types = types
    self.doubles = doubles
    self.wide = wide
  }

  /// Elements per sample.
  package var elements: Int { types.count }

  /// The raw integer of one value.
  package func raw(sample: Int, element: Int) -> Int128 {
    let index = sample * elements + element
    return wide?[index] ?? Int128(doubles[index] / types[element].step)
  }

  /// All raw values, or nil if some do not fit 64 bits.
  package var raw: [Int64]? {
    if let wide {
      let narrow = wide.compactMap { Int64(exactly: $0) }
      return narrow.count == wide.count ? narrow : nil
    }
    let scales = types.map { Double(sign: .plus, exponent: $0.fractionBits, significand: 1) }
    var result: [Int64] = []
    result.reserveCapacity(doubles.count)
    for start in stride(from: 0, to: doubles.count, by: max(elements, 1)) {
      for element in 0..<elements { result.append(Int64(doubles[start + element] * scales[element])) }
    }
    return result
  }

  /// Whether a double holds every value of these raw ranges.
  static func areExactDoubles(_ ranges: [Interval]) -> Bool { ranges.allSatisfy { LaneStorage.float64.holds($0) } }
}
