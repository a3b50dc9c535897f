/// What must hold for a point to be chosen, and what is then best.
package struct OptimizationGoal: Sendable, Hashable {
  /// Upper limits of resources; nil where there is none.
  package var lut: Int?
  package var dsp: Int?
  package var ff: Int?
  package var latencyCycles: Int?
  package var latencyNanoseconds: Double?
  /// Upper limits of what is lost on held-out events.
  package var loss: Double?
  package var kl: Double?
  package var agreement: Double?

  package init() {}

  /// Whether resources are limited: then the most faithful network is best, else the smallest.
  package var isBudget: Bool {
    lut != nil || dsp != nil || ff != nil || latencyCycles != nil || latencyNanoseconds != nil
  }

  package var limitsLoss: Bool { loss != nil || kl != nil || agreement != nil }

  /// By how much a point misses, as a sum of shares of the limits; 0 if it meets all.
  package func miss(_ estimate: PointEstimate, _ score: HeldOutScore) -> Double {
    resourceMiss(estimate) + lossMiss(score)
  }

  /// The same of what is lost alone.
  package func lossMiss(_ score: HeldOutScore) -> Double {
    func above(_ value: Double, _ limit: Double?) -> Double {
      guard let limit, value > limit else { return 0 }
      return (value - limit) / max(limit, 1e-9)
    }
    return above(score.predictedLoss.value, loss) + above(score.kl.value, kl)
      + above(1 - (score.agreement?.value ?? 0), agreement.map { 1 - $0 })
  }

  /// The same of the resources alone.
  package func resourceMiss(_ estimate: PointEstimate) -> Double {
    func above(_ value: Double, _ limit: Double?) -> Double {
      guard let limit, value > limit else { return 0 }
      return (value - limit) / max(limit, 1)
    }
    return above(Double(estimate.verifiedLUT ?? estimate.lut), lut.map(Double.init))
      + above(Double(estimate.dsp), dsp.map(Double.init)) + above(Double(estimate.ff), ff.map(Double.init))
      + above(Double(estimate.latencyCycles), latencyCycles.map(Double.init))
      + above(estimate.latencyNanoseconds, latencyNanoseconds)
  }
}

/// What a network costs as hardware.
package struct PointEstimate: Sendable, Hashable, Codable {
  package var adderBits: Int
  package var lut: Int
  package var ff: Int
  package var dsp: Int
  package var latencyCycles: Int
  package var latencyNanoseconds: Double
  /// As a synthesis counted them, where one was made.
  package var verifiedLUT: Int?

  package init(
    adderBits: Int,
    lut: Int,
    ff: Int,
    dsp: Int,
    latencyCycles: Int,
    latencyNanoseconds: Double,
    verifiedLUT: Int? = nil
  ) {
    self.adderBits = adderBits
    self.lut = lut
    self.ff = ff
    self.dsp = dsp
    self.latencyCycles = latencyCycles
    self.latencyNanoseconds = latencyNanoseconds
    self.verifiedLUT = verifiedLUT
  }
}
