/// What `tricot estimate` prints.
public struct EstimationReport: Codable, Sendable {
  public var part: String
  public var clockPeriodNs: Double
  public var latencyCycles: Int
  public var latencyNs: Double
  public var initiationInterval: Int
  /// What keeps events apart, where more than a cycle does: a layer, and why.
  public var intervalBound: String?
  public var worstStageNs: Double
  /// The module of the Verilog in which that path ends.
  public var worstModule: String
  public var resources: ResourceReport
  /// Percent of the part, for the resources that it has.
  public var utilization: UtilizationReport
  public var layers: [Layer]
  /// Of a streaming design: what waits between its layers.
  public var queues: [Queue]?
  /// yosys's counts for the same Verilog, where they were asked for.
  public var synthesis: SynthesisReport?

  /// Tokens on their way from one layer to another.
  public struct Queue: Codable, Sendable {
    public var from: String
    public var to: String
    /// Of a token.
    public var bits: Int
    /// Tokens that it has room for: the least that keep the full rate.
    public var depth: Int
    /// The least room with which no event is stuck.
    public var leastDepth: Int
  }

  /// One layer's part of the whole.
  public struct Layer: Codable, Sendable {
    public var name: String
    public var kind: String
    public var resources: ResourceReport
    /// Two-operand adders, and their bits.
    public var adders: Int
    public var adderBits: Int
    public var registerBits: Int
  }
}

/// Percent of a part.
public struct UtilizationReport: Codable, Sendable, Hashable {
  public var lut: Double
  public var ff: Double
  public var dsp: Double
  public var bram36: Double
}

/// What a synthesis of the emitted Verilog counted.
public struct SynthesisReport: Codable, Sendable {
  public var tool: String
  public var resources: ResourceReport
  public var seconds: Double
}
