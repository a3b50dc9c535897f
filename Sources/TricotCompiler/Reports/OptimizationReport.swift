import Optimization

/// What `tricot optimize` prints, and what stands in `points.json`.
public struct OptimizationReport: Codable, Sendable {
  public var model: String
  public var effort: String
  public var seed: UInt64
  /// Events that networks were fitted to, and events that they were judged by.
  public var fittedEvents: Int
  public var heldOutEvents: Int
  /// With labels: of the float model, on the events that were held out.
  public var floatAccuracy: Double?
  public var floatAuc: Double?
  /// The limits that were asked for.
  public var goal: Goal
  /// Whether the chosen point keeps all limits.
  public var isMet: Bool
  /// From the smallest network to the largest.
  public var points: [Point]
  /// For comparison, where asked for: the same bits everywhere, without a search.
  public var uniform: [Uniform]
  /// Networks from elsewhere that were given to be compared with.
  public var references: [ReferenceFront]
  /// Whether the search came to its end.
  public var isComplete: Bool

  /// Where dense layers read the inputs: what each is to the float model, and what the chosen point makes of it.
  public var inputs: [Input]
  /// Inputs in the order in which one would leave them out, the least useful first.
  public var removals: [Removal]

  /// One input.
  public struct Input: Codable, Sendable {
    /// Its flat number.
    public var input: Int
    /// At the chosen point; 0 where it is not used.
    public var bits: Int?
    /// The distance of neighbouring values in the input's own units, and its bounds.
    public var step: Double?
    public var lower: Double?
    public var upper: Double?
    /// The share of held-out events that are clamped.
    public var saturated: Double?
    /// What the float model loses without the input, its other weights making up for it as well as they can.
    public var removalKl: Double?
    public var removalLoss: Double?
  }

  /// One input more that is left out.
  public struct Removal: Codable, Sendable {
    public var input: Int
    /// Of the float model without this input and all before it.
    public var kl: Double
    public var loss: Double
  }

  /// Upper limits, and for the agreement a lower one.
  public struct Goal: Codable, Sendable {
    public var lut: Int?
    public var ff: Int?
    public var dsp: Int?
    public var latencyCycles: Int?
    public var latencyNs: Double?
    public var loss: Double?
    public var kl: Double?
    public var agreement: Double?
  }

  /// The float model with the same bits everywhere.
  public struct Uniform: Codable, Sendable {
    public var weightBits: Int
    /// Of inputs, too.
    public var activationBits: Int
    public var adderBits: Int
    public var lut: Int
    public var latencyCycles: Int
    public var kl: Double
    public var klError: Double
    public var predictedLoss: Double
    public var accuracyLoss: Double?
    /// How many times as many LUTs it takes as the smallest point of the curve that loses no more.
    public var lutRatio: Double?
  }

  /// One network.
  public struct Point: Codable, Sendable {
    /// The `.tricot` file; empty for points that are there for comparison.
    public var model: String
    public var lambda: Double
    public var adderBits: Int
    public var lut: Int
    public var ff: Int
    public var dsp: Int
    public var latencyCycles: Int
    public var latencyNs: Double
    /// As yosys counted, where it was asked.
    public var yosysLut: Int?
    public var kl: Double
    public var klError: Double
    public var agreement: Double?
    public var agreementError: Double?
    public var predictedLoss: Double
    public var predictedLossError: Double
    public var accuracy: Double?
    public var accuracyLoss: Double?
    public var accuracyLossError: Double?
    public var auc: Double?
    public var chosen: Bool
    /// Whether no other point is both smaller and more faithful.
    public var isOnFront: Bool
  }
}

extension OptimizationReport.Goal {
  init(_ goal: OptimizationGoal) {
    self.init(
      lut: goal.lut,
      ff: goal.ff,
      dsp: goal.dsp,
      latencyCycles: goal.latencyCycles,
      latencyNs: goal.latencyNanoseconds,
      loss: goal.loss,
      kl: goal.kl,
      agreement: goal.agreement
    )
  }
}

extension OptimizationReport.Uniform {
  init(_ uniform: UniformPoint, besides points: [OptimizationReport.Point]) {
    let score = uniform.point.score
    let estimate = uniform.point.estimate
    let least = points.filter { $0.kl <= score.kl.value }.map(\.lut).min()
    self.init(
      weightBits: uniform.weightBits,
      activationBits: uniform.activationBits,
      adderBits: estimate.adderBits,
      lut: estimate.lut,
      latencyCycles: estimate.latencyCycles,
      kl: score.kl.value,
      klError: score.kl.error,
      predictedLoss: score.predictedLoss.value,
      accuracyLoss: score.accuracyLoss?.value,
      lutRatio: least.map { Double(estimate.lut) / Double(max($0, 1)) }
    )
  }
}

extension OptimizationReport.Point {
  init(_ point: CurvePoint, file: String) {
    let score = point.score
    let estimate = point.estimate
    self.init(
      model: file,
      lambda: point.lambda,
      adderBits: estimate.adderBits,
      lut: estimate.lut,
      ff: estimate.ff,
      dsp: estimate.dsp,
      latencyCycles: estimate.latencyCycles,
      latencyNs: estimate.latencyNanoseconds,
      yosysLut: estimate.verifiedLUT,
      kl: score.kl.value,
      klError: score.kl.error,
      agreement: score.agreement?.value,
      agreementError: score.agreement?.error,
      predictedLoss: score.predictedLoss.value,
      predictedLossError: score.predictedLoss.error,
      accuracy: score.accuracy?.value,
      accuracyLoss: score.accuracyLoss?.value,
      accuracyLossError: score.accuracyLoss?.error,
      auc: score.auc,
      chosen: false,
      isOnFront: false
    )
  }

  /// The same as the search knows it.
  var estimate: PointEstimate {
    PointEstimate(
      adderBits: adderBits,
      lut: lut,
      ff: ff,
      dsp: dsp,
      latencyCycles: latencyCycles,
      latencyNanoseconds: latencyNs,
      verifiedLUT: yosysLut
    )
  }

  /// The same network in other hardware.
  func built(as estimate: PointEstimate, file: String) -> Self {
    var other = self
    other.model = file
    other.adderBits = estimate.adderBits
    other.lut = estimate.lut
    other.ff = estimate.ff
    other.dsp = estimate.dsp
    other.latencyCycles = estimate.latencyCycles
    other.latencyNs = estimate.latencyNanoseconds
    other.yosysLut = nil
    return other
  }

  var score: HeldOutScore {
    var score = HeldOutScore(
      events: 0,
      kl: .init(value: kl, error: klError),
      agreement: agreement.map { .init(value: $0, error: agreementError ?? 0) },
      predictedLoss: .init(value: predictedLoss, error: predictedLossError)
    )
    score.accuracy = accuracy.map { .init(value: $0, error: 0) }
    return score
  }
}
