/// A model of trees as a look-up table, and where to write it.
public struct TableOptions: Sendable, Hashable {
  public var model: String
  /// The address specification: YAML or JSON.
  public var specification: String
  public var output: String
  /// Equal parts by the highest address bits, each in files of its own.
  public var banks = 1
  /// Typical events of the encoder's features, for the coverage.
  public var events: String?
  public var part: String?
  /// In nanoseconds.
  public var clockPeriod = 5.0
  public var threads: Int?

  public init(model: String, specification: String, output: String) {
    self.model = model
    self.specification = specification
    self.output = output
  }
}

/// What `tricot table` prints.
public struct TableReport: Codable, Sendable {
  public var addressBits: Int
  public var wordBits: Int
  public var words: Int
  /// Addresses that an interrupted run had left behind.
  public var resumed: Int
  public var distinctWords: Int
  public var bits: Int
  /// Of the packed binary files in the order of their banks.
  public var sha256: [String]
  public var banks: Int
  public var seconds: Double
  /// Events, and the different addresses that they lead to.
  public var events: Int?
  public var addressesHit: Int?
  public var encoderLatencyCycles: Int
  public var encoderResources: ResourceReport
  public var files: [String]
}
