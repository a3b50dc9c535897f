/// What `tricot inspect` prints.
public struct InspectionReport: Codable, Sendable {
  public var model: String
  /// `keras` or `onnx`.
  public var source: String
  /// `native` or `hls4ml`.
  public var arithmetic: String
  public var parameters: Int
  public var inputs: [Port]
  public var outputs: [Port]
  public var layers: [Layer]
  /// Layers whose stepwise accumulators are proven to be exact sums.
  public var simplifiedAccumulators: [String]
  public var pruning: PruningSummary?
  /// For models whose features only trees read.
  public var trees: TreeReport?
  /// The samples on which overflows were counted.
  public var samples: Int?

  /// One input or output of the model.
  public struct Port: Codable, Sendable {
    public var name: String
    public var shape: [Int]
    public var type: String
  }

  /// One layer of the quantised model.
  public struct Layer: Codable, Sendable {
    public var name: String
    public var kind: String
    public var shape: [Int]
    /// Integer weights and biases.
    public var parameters: Int
    /// Weights that are not zero.
    public var nonzeroParameters: Int
    /// The result's type, or how many different ones.
    public var type: String
    /// Who decided it: `trained`, `configuration`, `inference`, `option`, `calibration`, `proof`, `file` or `default`.
    public var typeFrom: String
    public var types: [String: String]
    /// The smallest and largest value that any element can take, by proof.
    public var lower: Double
    public var upper: Double
    /// What is not proven to fit.
    public var overflows: [PossibleOverflow]
    /// Counted on the given samples.
    public var wraps: Int?
    public var saturations: Int?
  }

  /// A quantisation whose argument may lie outside its type.
  public struct PossibleOverflow: Codable, Sendable {
    /// Where in the layer: `result`, `accumulator` and so on.
    public var place: String
    public var type: String
    /// What happens to values outside: `wrap`, `saturate` or `zero`.
    public var effect: String
    public var elements: Int
    public var lower: Double
    public var upper: Double
    public var missingIntegerBits: Int
  }
}
