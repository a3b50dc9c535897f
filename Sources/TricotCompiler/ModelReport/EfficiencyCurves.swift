extension EfficiencyReport {
  /// Classes that have curves.
  private static let mostClasses = 10
  /// Points that a curve keeps.
  private static let mostPoints = 160

  /// - Parameters:
  ///   - fixed: outputs, event by event.
  ///   - float: those of the float model, if there is one.
  ///   - labels: by event, the number of its class; of a single output, whether it is not 0.
  /// - Returns: nil where no output stands for a class.
  init?(fixed: [Double], float: [Double]?, labels: [Int]) {
    guard !labels.isEmpty, fixed.count >= labels.count, fixed.count.isMultiple(of: labels.count) else { return nil }
    let width = fixed.count / labels.count
    let classes = width == 1 ? [1] : Array(0..<min(width, Self.mostClasses))
    var found: [Class] = []
    for (column, label) in classes.enumerated() {
      let isSignal = labels.map { width == 1 ? $0 != 0 : $0 == label }
      func scores(_ values: [Double]) -> [Double] { labels.indices.map { values[$0 * width + column] } }
      guard let own = Ranking(scores(fixed), isSignal) else { continue }
      let reference = float.flatMap { Ranking(scores($0), isSignal) }
      found.append(
        Class(
          name: width == 1 ? "signal" : "class \(label)",
          events: isSignal.count { $0 },
          area: own.area,
          floatArea: reference?.area,
          fixed: own.curve(points: Self.mostPoints),
          float: reference?.curve(points: Self.mostPoints)
        )
      )
    }
    guard !found.isEmpty else { return nil }
    self.init(
      events: labels.count,
      accuracy: Self.accuracy(fixed, width, labels),
      floatAccuracy: float.map { Self.accuracy($0, width, labels) },
      classes: found
    )
  }

  /// The share of events whose largest output is that of their class; of one output, on the right side of 0, or of a half
  /// where it is a probability.
  private static func accuracy(_ values: [Double], _ width: Int, _ labels: [Int]) -> Double {
    let isProbability = values.allSatisfy { $0 >= 0 && $0 <= 1 }
    let right = labels.indices.count { event in
      let row = values[event * width..<(event + 1) * width]
      guard width > 1 else { return (row[row.startIndex] >= (isProbability ? 0.5 : 0)) == (labels[event] != 0) }
      let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 }
      return best - row.startIndex == labels[event]
    }
    return Double(right) / Double(labels.count)
  }
}

/// Events in the order of falling scores, with equal ones together.
private struct Ranking {
  /// After each group of equal scores, how many of the class and of the others passed.
  private var passed: [(signal: Int, background: Int)] = [(0, 0)]

  /// Nil where one side has no events.
  init?(_ scores: [Double], _ isSignal: [Bool]) {
    let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    var (signal, background) = (0, 0)
    for (place, event) in order.enumerated() {
      if isSignal[event] { signal += 1 } else { background += 1 }
      let isLast = place + 1 == order.count || scores[order[place + 1]] != scores[event]
      if isLast { passed.append((signal, background)) }
    }
    guard signal > 0, background > 0 else { return nil }
  }

  private var total: (signal: Double, background: Double) {
    passed.last.map { (Double($0.signal), Double($0.background)) } ?? (1, 1)
  }

  /// The share of pairs of a right and a wrong event that stand in the right order; ties count half.
  var area: Double {
    let pairs = zip(passed, passed.dropFirst()).reduce(0.0) { sum, step in
      sum + Double(step.1.background - step.0.background) * Double(step.0.signal + step.1.signal) / 2
    }
    return pairs / (total.signal * total.background)
  }

  /// Some of the points, the ends included: evenly over the logarithm of what passes of the background.
  func curve(points: Int) -> EfficiencyReport.Curve {
    var kept: [Int] = []
    var last = (signal: -1.0, background: -1.0)
    let grain = 1 / Double(points)
    for (index, point) in passed.enumerated() {
      let share = (signal: Double(point.signal) / total.signal, background: Double(point.background) / total.background)
      let isFar =
        share.signal - last.signal >= grain
        || share.background > last.background * (1 + 6 * grain) + 1e-9
          && share.background - last.background >= min(grain, last.background * 6 * grain)
      guard isFar || index == passed.count - 1 else { continue }
      kept.append(index)
      last = share
    }
    return EfficiencyReport.Curve(
      background: kept.map { Double(passed[$0].background) / total.background },
      signal: kept.map { Double(passed[$0].signal) / total.signal }
    )
  }
}
