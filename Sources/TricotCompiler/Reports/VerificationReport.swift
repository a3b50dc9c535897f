/// What `tricot verify` found.
public struct VerificationReport: Codable, Sendable {
  public var samples: Int
  public var comparisons: [Comparison]
  /// Seconds by stage of the work.
  public var seconds: [String: Double]
  /// Compared with the model as trained, for information.
  public var accuracy: AccuracySummary?

  /// Firmware against its own simulator on every cycle, where the backend has one.
  public var trace: TraceReport?

  /// Whether everything that was compared is equal.
  public var isEqual: Bool { comparisons.allSatisfy(\.isEqual) && trace?.differences ?? 0 == 0 }

  /// The simulator against something else, all output bits of all samples.
  public struct Comparison: Codable, Sendable {
    /// `verilator`, `hls`, `netlist` or `expected`.
    public var against: String
    /// Samples that were compared.
    public var samples: Int
    /// Output elements that differ.
    public var mismatches: Int
    /// As measured, where something has a latency.
    public var latencyCycles: Int?
    public var initiationInterval: Int?
    /// What the compiler promised, where the measurement disagrees.
    public var promisedLatencyCycles: Int?
    public var promisedInitiationInterval: Int?
    /// The first few differences.
    public var differences: [Difference]

    var isEqual: Bool { mismatches == 0 && promisedLatencyCycles == nil && promisedInitiationInterval == nil }
  }

  /// One output element that differs.
  public struct Difference: Codable, Sendable, Hashable {
    public var sample: Int
    /// The model output, by its layer's name.
    public var layer: String
    /// Within that output.
    public var element: Int
    public var simulator: Double
    public var other: Double
  }
}

/// What goes on inside firmware, on every cycle, against its simulator.
public struct TraceReport: Codable, Sendable {
  public var cycles: Int
  /// Values that were compared in each: outputs, handshakes, program counters, accumulators.
  public var signals: Int
  /// Cycles that differ.
  public var differences: Int
  /// The first of them, in words.
  public var firstDifference: String?
}
