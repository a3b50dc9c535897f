import Glibc

/// Chooses the type of every group of values in closed form: what clipping and rounding cost in distance, to second order,
/// against what bits cost in adders.
///
/// For integer bits `I` and fraction bits `f` of a value `a` with sensitivity `s`, read by `D` signed digits, it minimises
/// `½ E[s max(|a| - 2^I, 0)²] + E[s 1(a ≠ 0)] 4^-f / 24 + λ D (I + f + sign)`.
struct TypeAllocation: Sendable {
  let tape: Tape
  /// Nats per adder bit.
  let lambda: Double
  /// Whether all groups of a point share one type, but for dead ones.
  var perLayer = false

  /// The most bits that are tried, without the sign.
  private static let widest = 14
  /// How many integer bits below the greatest number are tried.
  private static let deepestClip = 6

  /// - Parameter digits: By point and group, ``CostModel/digitsReading(_:)``.
  func types(_ sensitivities: Sensitivities, digits: [[Double]]) -> [PointTypes] {
    tape.points.indices.map { point in
      let place = tape.points[point]
      let statistics = (0..<place.groups).map { group in
        GroupStatistics(
          sensitivities.numbers[point],
          sensitivities.values[point],
          group: group,
          of: place.groups,
          events: sensitivities.numbers[point].count / max(tape.sizes[place.slot], 1)
        )
      }
      let elements = tape.sizes[place.slot] / place.groups
      if perLayer || place.kind == .table {
        return common(statistics, place, digits[point], elements)
      }
      return PointTypes(
        groups: statistics.indices.map { group in
          best(statistics[group], place, group, digits: digits[point][group], elements)
        }
      )
    }
  }

  private func best(
    _ statistics: GroupStatistics,
    _ place: QuantizationPoint,
    _ group: Int,
    digits: Double,
    _ elements: Int
  ) -> GroupType {
    let top = statistics.integerBits
    let sign = statistics.isSigned ? 1 : 0
    var best = GroupType(integerBits: top, fractionBits: 1 - top, isSigned: statistics.isSigned)
    var least = Double.infinity
    for integerBits in (top - Self.deepestClip)...top {
      for fractionBits in (1 - integerBits)...max(Self.widest - top, 1 - integerBits) {
        let error = statistics.error(integerBits: integerBits, fractionBits: fractionBits)
        let total = error + lambda * digits * Double(integerBits + fractionBits + sign)
        if total < least {
          least = total
          best.integerBits = integerBits
          best.fractionBits = fractionBits
        }
      }
    }
    let isRead = CostModel.isRead(place, group, digits: digits, elements: elements)
    let mayDie = place.otherReaders[group] == 0
    if place.dropped.contains(group) { best.isDead = true }
    if mayDie && (!isRead || statistics.variance <= least) { best.isDead = true }
    return best
  }

  /// One type for all groups that live.
  private func common(
    _ statistics: [GroupStatistics],
    _ place: QuantizationPoint,
    _ digits: [Double],
    _ elements: Int
  ) -> PointTypes {
    let each = statistics.indices.map { best(statistics[$0], place, $0, digits: digits[$0], elements) }
    let living = each.indices.filter { !each[$0].isDead }
    guard !living.isEmpty else { return PointTypes(groups: each) }
    let top = living.map { statistics[$0].integerBits }.max() ?? 0
    let isSigned = living.contains { statistics[$0].isSigned }
    var common = GroupType(integerBits: top, fractionBits: 1 - top, isSigned: isSigned)
    var least = Double.infinity
    let total = living.reduce(0.0) { $0 + digits[$1] }
    for integerBits in (top - Self.deepestClip)...top {
      for fractionBits in (1 - integerBits)...max(Self.widest - top, 1 - integerBits) {
        var error = 0.0
        for group in living { error += statistics[group].error(integerBits: integerBits, fractionBits: fractionBits) }
        let bits = integerBits + fractionBits + (isSigned ? 1 : 0)
        let cost = error + lambda * total * Double(bits)
        if cost < least {
          least = cost
          common.integerBits = integerBits
          common.fractionBits = fractionBits
        }
      }
    }
    var dead = common
    dead.isDead = true
    return PointTypes(groups: each.map { $0.isDead ? dead : common })
  }
}

/// What the values of one group do, and how much the answers feel it.
private struct GroupStatistics {
  /// Bits before the point that hold the greatest magnitude, without the sign.
  var integerBits: Int
  var isSigned: Bool
  /// By integer bits below the greatest: half the mean weighted square of what is clipped.
  var clipping: [Double]
  /// The mean sensitivity of values that are not zero.
  var rounding: Double
  /// Half the weighted variance: what dropping the values costs.
  var variance: Double

  init(_ numbers: [Float], _ sensitivity: [Float], group: Int, of groups: Int, events: Int) {
    var greatest: Float = 0
    var isSigned = false
    var weight = 0.0
    var mean = 0.0
    var live = 0.0
    for i in stride(from: group, to: numbers.count, by: groups) {
      let a = numbers[i]
      let s = Double(sensitivity[i])
      greatest = max(greatest, abs(a))
      if a < 0 { isSigned = true }
      weight += s
      mean += s * Double(a)
      if a != 0 { live += s }
    }
    if weight > 0 { mean /= weight }
    self.isSigned = isSigned
    let top = greatest > 0 ? min(max(Int(ceil(log2(Double(greatest) * 1.0001))), -20), 40) : 0
    integerBits = top
    var clipping = [Double](repeating: 0, count: 8)
    var variance = 0.0
    let limits = (0..<clipping.count).map { Float(sign: .plus, exponent: top - $0, significand: 1) }
    for i in stride(from: group, to: numbers.count, by: groups) {
      let s = Double(sensitivity[i])
      let a = abs(numbers[i])
      let distance = Double(numbers[i]) - mean
      variance += s * distance * distance
      var k = 0
      while k < clipping.count {
        if a > limits[k] {
          let excess = Double(a - limits[k])
          clipping[k] += s * excess * excess
        }
        k += 1
      }
    }
    let count = Double(max(events, 1))
    self.clipping = clipping.map { $0 / count / 2 }
    rounding = live / count
    self.variance = variance / count / 2
  }

  func error(integerBits: Int, fractionBits: Int) -> Double {
    let below = min(max(self.integerBits - integerBits, 0), clipping.count - 1)
    return clipping[below] + rounding * pow(4, -Double(fractionBits)) / 24
  }
}
