/// What the page of a model shows: `tricot report MODEL --json`, and the data inside `report.html`.
///
/// Every number on the page stands here.
public struct ModelReport: Codable, Sendable {
  /// The version that made it.
  public var tricot: String
  public var backend: String
  public var inspection: InspectionReport
  /// Of Tricot's own hardware.
  public var estimation: EstimationReport
  public var device: Device
  public var provenance: Provenance
  /// Layers in their order, and what they read.
  public var network: [NetworkNode]
  /// Sizes of weights and values against the bits of their types.
  public var profiles: [ValueProfile]
  public var pipelines: [Pipeline]
  /// The trained model against the quantised one, on typical events; nil where there are none, or no float model.
  public var comparison: FloatComparison?
  /// How well classes are told apart, where labels were given.
  public var efficiency: EfficiencyReport?
  /// What vendors' tools reported, for a folder in which they ran.
  public var tools: ToolReportSummary?

  /// The part that it is built for.
  public struct Device: Codable, Sendable, Hashable {
    public var name: String
    public var family: String
    public var superLogicRegions: Int
    public var capacity: ResourceReport
    /// Percent of one super logic region.
    public var regionUtilization: UtilizationReport
  }

  /// Where types and numbers come from.
  public struct Provenance: Codable, Sendable, Hashable {
    public var arithmetic: String
    /// In words.
    public var types: String
    public var files: [File]
    /// Options as they were given, by the names of the manifest.
    public var options: [Option]

    public struct File: Codable, Sendable, Hashable {
      public var role: String
      public var name: String
      public var sha256: String
    }

    public struct Option: Codable, Sendable, Hashable {
      public var name: String
      public var value: String
    }
  }

  /// One layer as others see it.
  public struct NetworkNode: Codable, Sendable, Hashable {
    public var name: String
    public var kind: String
    public var type: String
    /// The layers that it reads, by their places in the list.
    public var inputs: [Int]
    /// Whether its type has all fraction bits of its results: `exact` or `rounds`; empty for inputs.
    public var keeps: String
  }

  /// How large numbers are, and which bits hold them.
  public struct ValueProfile: Codable, Sendable, Hashable {
    public var layer: String
    /// `values` of a layer's result, or what the weights are: `kernel`, `bias`, `leaves`.
    public var role: String
    /// Whose numbers: of the `trained` model, or of the `quantised` one.
    public var source: String
    public var count: Int
    public var zeros: Int
    /// Of those that are not zero: least, first quarter, median, third quarter, greatest.
    public var magnitudes: [Double]?
    /// The exponents of two of the first and last bit that the type has, the sign aside.
    public var highestBit: Int?
    public var lowestBit: Int?
    public var type: String
  }

  /// A pipeline, and how often it is there.
  public struct Pipeline: Codable, Sendable, Hashable {
    public var name: String
    public var instances: Int
    /// By stage, the longest path in nanoseconds, registers included.
    public var stageNs: [Double]
    public var layers: [Layer]

    public struct Layer: Codable, Sendable, Hashable {
      public var name: String
      /// Counted from 0.
      public var firstStage: Int
      public var lastStage: Int
    }
  }
}

/// The trained model against the quantised one, on the same events.
public struct FloatComparison: Codable, Sendable {
  public var events: Int
  public var accuracy: AccuracySummary?
  public var layers: [Layer]
  /// Of some events: a pair of float and fixed for each output.
  public var outputs: [Output]

  public struct Layer: Codable, Sendable, Hashable {
    public var layer: String
    public var meanError: Double
    public var rmsError: Double
    public var largestError: Double
    /// Of the float values, to judge errors by.
    public var rmsValue: Double
  }

  public struct Output: Codable, Sendable {
    public var name: String
    public var float: [Double]
    public var fixed: [Double]
  }
}

/// How well one class is told from the others by its output.
public struct EfficiencyReport: Codable, Sendable {
  public var events: Int
  /// The share of events whose class is right.
  public var accuracy: Double
  public var floatAccuracy: Double?
  public var classes: [Class]

  public struct Class: Codable, Sendable {
    public var name: String
    public var events: Int
    public var area: Double
    public var floatArea: Double?
    public var fixed: Curve
    public var float: Curve?
  }

  /// Points of falling thresholds.
  public struct Curve: Codable, Sendable {
    /// The share of other events that pass.
    public var background: [Double]
    /// The share of the class that passes.
    public var signal: [Double]
  }
}
