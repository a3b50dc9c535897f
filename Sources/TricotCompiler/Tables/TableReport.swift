import AddressTables

/// What `tricot table` prints.
public struct TableReport: Codable, Sendable {
  public var addressBits: Int
  public var wordBits: Int
  public var words: Int
  /// Addresses that an interrupted run had left behind.
  public var resumed: Int
  public var bits: Int
  /// Of the packed binary files in the order of their banks.
  public var sha256: [String]
  public var banks: Int
  public var seconds: Double
  public var coverage: Coverage
  public var occupancy: Occupancy
  /// With events.
  public var resolution: Resolution?
  public var encoder: Encoder
  public var files: [String]

  /// Which addresses are of use.
  public struct Coverage: Codable, Sendable {
    public var fields: [Field]
    /// Addresses that some features lead to.
    public var reachable: Int
    /// False where fields share too many bits of features: an upper bound then.
    public var reachableIsExact: Bool
    /// Events, and the different addresses that they lead to.
    public var events: Int?
    public var addressesHit: Int?
    /// Events at the busiest address.
    public var mostEvents: Int?
    /// Values of events that do not fit their feature's bits.
    public var saturatedFeatures: Int?
  }

  /// Bits of the address.
  public struct Field: Codable, Sendable {
    public var name: String
    public var lsb: Int
    public var bits: Int
    public var coding: String
    /// Numbers of the features that the field reads.
    public var features: [Int]
    /// Codes that some features lead to.
    public var codes: Int
    /// Codes that the events lead to.
    public var codesHit: Int?
  }

  /// Which words are of use.
  public struct Occupancy: Codable, Sendable {
    public var distinct: Int
    /// From the least word to the greatest.
    public var possible: Int
    /// Addresses with the least word, and with the greatest one: saturated there, or empty.
    public var atMinimum: Int
    public var atMaximum: Int
    public var leastWord: Int
    public var greatestWord: Int
    /// Addresses by word, in equal steps from the least possible word to the greatest.
    public var histogram: [Int]
  }

  /// How near the table comes to the model that reads features as they are, and to the truth.
  public struct Resolution: Codable, Sendable {
    /// `derived` from the specification, or `given`.
    public var modelInputs: String
    /// `table - model` in score, and in what the word stands for.
    public var score: Errors
    public var value: Errors
    /// `table - truth`.
    public var scoreAgainstTruth: Errors?
    public var valueAgainstTruth: Errors?
    /// `model - truth`: what is lost without any packing.
    public var modelAgainstTruth: Errors?
    /// Equally many events each, by the truth's score, else the model's.
    public var bins: [Bin]
  }

  /// Errors of many events.
  public struct Errors: Codable, Sendable {
    public var events: Int
    public var bias: Double
    public var rms: Double
    public var largest: Double
    /// Errors below which 2.5 %, 16 %, 50 %, 84 % and 97.5 % of the events lie.
    public var quantiles: [Double]

    init?(_ errors: [Double]) {
      guard let summary = ErrorSummary(errors) else { return nil }
      (events, bias, rms) = (summary.events, summary.bias, summary.rms)
      (largest, quantiles) = (summary.largest, summary.quantiles)
    }
  }

  /// Events of similar score.
  public struct Bin: Codable, Sendable {
    public var lower: Double
    public var upper: Double
    /// In score.
    public var againstModel: Errors
    public var againstTruth: Errors?
  }

  /// The firmware that packs features.
  public struct Encoder: Codable, Sendable {
    public var latencyCycles: Int
    public var resources: ResourceReport
    /// Under Verilator.
    public var verification: Verification?
  }

  /// The encoder's Verilog against the specification.
  public struct Verification: Codable, Sendable {
    public var events: Int
    public var mismatches: Int
    public var latencyCycles: Int
    /// The first few events that differ.
    public var differences: [Difference]

    public struct Difference: Codable, Sendable {
      public var features: [Int]
      public var expected: Int
      public var found: Int
    }
  }

  /// Whether everything that was compared is equal.
  public var isEqual: Bool { encoder.verification?.mismatches ?? 0 == 0 }
}
