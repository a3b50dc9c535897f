import FixedPointIR
import Glibc
import ModelIR
import Simulation

/// What a network does on events that nothing was fitted to, with statistical errors.
package struct HeldOutScore: Sendable, Hashable, Codable {
  /// A mean and its statistical error.
  package struct Estimate: Sendable, Hashable, Codable {
    package var value: Double
    package var error: Double

    package init(value: Double, error: Double) {
      self.value = value
      self.error = error
    }

    /// The mean of some numbers; the error that of independent ones.
    package init(meanOf numbers: [Double]) {
      let count = Double(max(numbers.count, 1))
      let mean = numbers.reduce(0, +) / count
      let square = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.init(value: mean, error: numbers.count > 1 ? (square / (count - 1) / count).squareRoot() : 0)
    }
  }

  package var events: Int
  /// The distance of the answers in nats; for numbers half the squared error in units of the variance.
  package var kl: Estimate
  /// The share of events with the same answer; nil where answers are numbers.
  package var agreement: Estimate?
  /// What the float model itself expects to lose: the probability it gives its own answer, less that of the other's.
  ///
  /// For numbers the squared error in units of the variance.
  package var predictedLoss: Estimate
  /// With labels: the share of right answers, and what was lost against the float model.
  package var accuracy: Estimate?
  package var accuracyLoss: Estimate?
  /// With labels: the area under the curve, averaged over the classes.
  package var auc: Double?

  package init(events: Int, kl: Estimate, agreement: Estimate?, predictedLoss: Estimate) {
    self.events = events
    self.kl = kl
    self.agreement = agreement
    self.predictedLoss = predictedLoss
  }
}

/// Compares quantised networks with the float model on events that are held out.
package struct HeldOutEvaluation: Sendable {
  let heads: [TapeHead]
  let sizes: [Int]
  /// By head, whether the graph returns probabilities.
  let returnsProbabilities: [Bool]
  let inputs: [Double]
  let events: Int
  /// The float model's probabilities or numbers, event-major.
  private var targets: [Double]
  /// What is compared instead of the outputs themselves.
  private let anomaly: AnomalyScore?
  /// By head and event, the right class; nil without labels.
  let labels: [Int]?
  let threads: Int

  init(_ tape: Tape, _ model: ModelGraph, inputs: [Double], events: Int, labels: [Int]?, threads: Int) {
    self.init(
      heads: tape.heads,
      sizes: tape.heads.map { tape.sizes[$0.slot] },
      anomaly: tape.score,
      model,
      inputs: inputs,
      events: events,
      labels: labels,
      threads: threads
    )
  }

  /// - Parameter sizes: By head, how many numbers it has.
  init(
    heads: [TapeHead],
    sizes: [Int],
    anomaly: AnomalyScore? = nil,
    _ model: ModelGraph,
    inputs: [Double],
    events: Int,
    labels: [Int]?,
    threads: Int
  ) {
    self.heads = heads
    self.sizes = sizes
    self.anomaly = anomaly
    returnsProbabilities = model.outputs.map { output in
      guard let node = model.nodes.first(where: { $0.output == output }) else { return false }
      switch node.operation {
      case .activation(.softmax), .activation(.sigmoid): return true
      case .input, .dense, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize,
        .gather, .normalize, .treeEnsemble, .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product,
        .embedding:
        return false
      }
    }
    self.inputs = inputs
    self.events = events
    self.labels = labels
    self.threads = threads
    targets = []
    targets = self.targets(of: model, inputs, events: events)
  }

  /// What a model says of some events, as it is compared.
  func targets(of model: ModelGraph, _ inputs: [Double], events: Int) -> [Double] {
    let outputs = ReferenceEvaluator(model).evaluate(inputs, samples: events, keeping: .outputs).outputs
    return answers(outputs, to: inputs, events: events)
  }

  /// Answers of a network as probabilities or numbers.
  private func answers(_ outputs: [Double], to inputs: [Double], events: Int) -> [Double] {
    if let anomaly { return anomaly.scores(outputs, inputs, events: events) }
    let width = sizes.reduce(0, +)
    var result = outputs
    for event in 0..<events {
      var offset = event * width
      for (head, size) in zip(heads.indices, sizes) {
        switch heads[head].kind {
        case .classes(let classes):
          for start in stride(from: offset, to: offset + size, by: classes) {
            Self.normalise(&result, start..<start + classes, fromScores: !returnsProbabilities[head])
          }
        case .logistic where !returnsProbabilities[head]:
          for i in offset..<offset + size { result[i] = 1 / (1 + exp(-result[i])) }
        case .logistic, .numbers: break
        }
        offset += size
      }
    }
    return result
  }

  private static func normalise(_ values: inout [Double], _ range: Range<Int>, fromScores: Bool) {
    if fromScores {
      let largest = values[range].max() ?? 0
      for i in range { values[i] = exp(values[i] - largest) }
    } else {
      // A table's zero is as little as it can say.
      for i in range { values[i] = max(values[i], 0x1p-17) }
    }
    let sum = values[range].reduce(0, +)
    for i in range { values[i] /= sum }
  }

  /// Runs the golden simulator.
  package func score(_ graph: FixedPointGraph) throws -> HeldOutScore {
    let result = try Simulator(graph).run(inputs, samples: events, options: SimulationOptions(threads: threads))
    return score(answers(result.outputs, to: inputs, events: events))
  }

  /// The float model itself.
  package var floatScore: HeldOutScore { score(targets) }

  /// What the float model expects to lose with other answers.
  func expectedLoss(_ answers: [Double]) -> Double { score(answers).predictedLoss.value }

  private func score(_ answers: [Double]) -> HeldOutScore {
    let width = sizes.reduce(0, +)
    var distances = [Double](repeating: 0, count: events)
    var losses = distances
    var agreements: [Double] = []
    var hasAnswers = false
    for event in 0..<events {
      var offset = event * width
      var agreeing = true
      for (head, size) in zip(heads, sizes) {
        switch head.kind {
        case .classes(let classes):
          hasAnswers = true
          for start in stride(from: offset, to: offset + size, by: classes) {
            let p = targets[start..<start + classes]
            let q = answers[start..<start + classes]
            distances[event] += zip(p, q).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / $1.1) : 0) }
            let best = Self.argmax(p)
            let found = Self.argmax(q)
            agreeing = agreeing && best == found
            losses[event] += (targets[start + best] - targets[start + found]) * Double(classes) / Double(size)
          }
        case .logistic:
          hasAnswers = true
          for i in offset..<offset + size {
            let p = targets[i]
            let q = min(max(answers[i], 0x1p-17), 1 - 0x1p-17)
            if p > 0 { distances[event] += p * log(p / q) }
            if p < 1 { distances[event] += (1 - p) * log((1 - p) / (1 - q)) }
            let same = (p >= 0.5) == (answers[i] >= 0.5)
            agreeing = agreeing && same
            if !same { losses[event] += abs(2 * p - 1) / Double(size) }
          }
        case .numbers:
          for i in 0..<size {
            let difference = answers[offset + i] - targets[offset + i]
            let square = difference * difference * Double(head.weights[i])
            distances[event] += square / 2
            losses[event] += square
          }
        }
        offset += size
      }
      agreements.append(agreeing ? 1 : 0)
    }
    var score = HeldOutScore(
      events: events,
      kl: .init(meanOf: distances),
      agreement: hasAnswers ? .init(meanOf: agreements) : nil,
      predictedLoss: .init(meanOf: losses)
    )
    addAccuracy(to: &score, answers)
    return score
  }

  private func addAccuracy(to score: inout HeldOutScore, _ answers: [Double]) {
    guard let labels, let head = heads.first, heads.count == 1 else { return }
    let width = sizes[0]
    func right(_ values: [Double], _ event: Int) -> Double {
      let row = values[event * width..<(event + 1) * width]
      switch head.kind {
      case .classes: return Self.argmax(row) == labels[event] ? 1 : 0
      case .logistic, .numbers: return ((row.first ?? 0) >= 0.5) == (labels[event] != 0) ? 1 : 0
      }
    }
    let found = (0..<events).map { right(answers, $0) }
    score.accuracy = .init(meanOf: found)
    score.accuracyLoss = .init(meanOf: found.indices.map { right(targets, $0) - found[$0] })
    let classes: [(column: Int, label: Int)] = width == 1 ? [(0, 1)] : (0..<width).map { ($0, $0) }
    let areas = classes.compactMap { entry in
      Self.area(
        (0..<events).map { answers[$0 * width + entry.column] },
        (0..<events).map { labels[$0] == entry.label }
      )
    }
    if !areas.isEmpty { score.auc = areas.reduce(0, +) / Double(areas.count) }
  }

  private static func argmax(_ values: ArraySlice<Double>) -> Int {
    var best = values.startIndex
    for i in values.indices where values[i] > values[best] { best = i }
    return best - values.startIndex
  }

  /// The share of pairs of a right and a wrong event that stand in the right order; ties count half.
  private static func area(_ scores: [Double], _ isRight: [Bool]) -> Double? {
    let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1 }
    let positives = isRight.count { $0 }
    let negatives = isRight.count - positives
    guard positives > 0, negatives > 0 else { return nil }
    var sum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count && scores[order[end]] == scores[order[start]] { end += 1 }
      let rank = Double(start + end + 1) / 2
      for i in start..<end where isRight[order[i]] { sum += rank }
      start = end
    }
    let count = Double(positives)
    return (sum - count * (count + 1) / 2) / (count * Double(negatives))
  }
}
