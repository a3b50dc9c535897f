import FixedPoint

/// Where a monotone function of whole numbers steps from one level to the next.
struct LevelThresholds {
  /// The arguments that occur.
  var arguments: Interval
  /// The level at the least argument.
  var lowest: Int128
  /// By level above the lowest, the first argument that reaches it; only those that some argument reaches.
  var firsts: [Int128]
  /// Whether levels fall with the argument; then thresholds and arguments are those of the mirrored function `f(-t)`.
  var isMirrored: Bool

  /// Larger ladders do not fit a trigger.
  static let largestLadder = 1 << 12

  /// Finds the steps by bisection; nil where there are too many, or the ends show that the function falls and rises.
  init?(arguments: Interval, level: (Int128) -> Int128) {
    let isMirrored = level(arguments.lower) > level(arguments.upper)
    func f(_ t: Int128) -> Int128 { level(isMirrored ? -t : t) }
    let range = isMirrored ? Interval(-arguments.upper, -arguments.lower) : arguments
    let (low, high) = (f(range.lower), f(range.upper))
    guard high - low <= Int128(Self.largestLadder) else { return nil }
    var firsts: [Int128] = []
    var start = range.lower
    var wanted = low + 1
    while wanted <= high {
      // The last argument below the level, and the first one on it or above.
      var below = start
      var above = range.upper
      while above - below > 1 {
        let middle = below + (above - below) / 2
        if f(middle) >= wanted { above = middle } else { below = middle }
      }
      firsts.append(above)
      start = below
      wanted += 1
    }
    self.arguments = range
    self.lowest = low
    self.firsts = firsts
    self.isMirrored = isMirrored
  }
}

/// `floor((multiplier · t + offset) / 2^places)`: what stands for a scale that is no power of two.
struct FittedMultiplier {
  var multiplier: Int128
  var offset: Int128
  var places: Int

  /// The shortest multiplier that meets every threshold exactly; nil where there is none of up to 40 places.
  ///
  /// All arguments between two thresholds have one level, so that meeting the thresholds proves equality everywhere, but for
  /// levels beyond those that occur, which the type's saturation and the caller's limits keep out.
  init?(_ thresholds: LevelThresholds, slope: Double) {
    let slope = thresholds.isMirrored ? -slope : slope
    guard slope > 0, slope.isFinite, !thresholds.firsts.isEmpty else { return nil }
    for places in 0...40 {
      let scaled = (slope * Double(sign: .plus, exponent: places, significand: 1)).rounded()
      guard scaled >= 1 else { continue }
      guard scaled < 0x1p40 else { return nil }
      let multiplier = Int128(scaled)
      // multiplier · T + offset >= level · 2^places, and below it one argument earlier.
      var least = Int128.min
      var greatest = Int128.max
      for (index, first) in thresholds.firsts.enumerated() {
        let level = (thresholds.lowest + 1 + Int128(index)) << Int128(places)
        least = max(least, level - multiplier * first)
        if first > thresholds.arguments.lower { greatest = min(greatest, level - multiplier * (first - 1) - 1) }
      }
      guard least <= greatest else { continue }
      // The roundest number in between.
      var offset = least
      for bit in stride(from: min(places + 8, 60), through: 0, by: -1) {
        let unit = Int128(1) << Int128(bit)
        let candidate = ((least + unit - 1) >> Int128(bit)) << Int128(bit)
        if candidate >= least, candidate <= greatest {
          offset = candidate
          break
        }
      }
      self.multiplier = thresholds.isMirrored ? -multiplier : multiplier
      self.offset = offset
      self.places = places
      return
    }
    return nil
  }
}
