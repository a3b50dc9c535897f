/// A float model, typical inputs, and what the network made of them may cost or lose.
public struct OptimizationOptions: Sendable, Hashable {
  /// How long the search takes.
  public enum Effort: String, Sendable, Hashable, CaseIterable, Codable {
    /// A few networks in seconds.
    case fast
    /// The whole curve in about a minute for small networks.
    case normal
    /// Finer and longer.
    case high
  }

  /// What the model's outputs mean.
  public enum Outputs: String, Sendable, Hashable, CaseIterable, Codable {
    /// By the last layer.
    case automatic
    case classes, logistic, numbers
    /// An anomaly score is made of them: the mean squared difference from the inputs, or where there are other numbers of
    /// inputs the sum of squares.
    case anomaly
  }

  /// Parts of the search that can be left out, to see what they are worth.
  public enum Step: String, Sendable, Hashable, CaseIterable, Codable {
    /// Weighing errors with what the answers feel of them.
    case sensitivities
    /// A type for each element; else one for a layer.
    case elementTypes = "element-types"
    /// Training toward the float model's answers.
    case distillation
    /// Pulling weights to their grids meanwhile.
    case damping
  }

  public var model: String
  /// The HDF5 weights of a Keras `.json`.
  public var weights: String?
  /// Typical inputs.
  public var calibration: String
  /// The right class of each event: for reports alone, nothing is fitted to them.
  public var labels: String?
  /// Such as `lut=5000, latency=50ns, dsp=0`.
  public var budget: String?
  /// The accuracy that may be lost, as a fraction.
  public var loss: Double?
  /// The mean divergence of the answers that is allowed, in nats.
  public var kl: Double?
  /// The share of events that must keep their answer.
  public var agreement: Double?
  public var effort = Effort.normal
  public var outputs = Outputs.automatic
  /// Whether a model that brings trained types is taken, too: new types and weights are then fitted to its answers.
  public var retypes = false
  /// Flat numbers of inputs that are not to be used.
  public var droppedInputs: [Int] = []
  /// The folder of the results.
  public var output: String
  /// Whether the results of another search may be replaced.
  public var replacing = false
  /// Whether a limit of LUTs is checked with yosys, where that is installed.
  public var synthesizes = true
  /// Whether networks with the same bits everywhere are made, too, for comparison.
  public var comparesUniform = false
  /// JSON files of networks from elsewhere, to be drawn beside the curve.
  public var references: [String] = []
  public var leftOut: [Step] = []
  public var part: String?
  /// In nanoseconds.
  public var clockPeriod: Double?
  public var threads: Int?
  public var seed: UInt64 = 1

  public init(model: String, calibration: String, output: String) {
    self.model = model
    self.calibration = calibration
    self.output = output
  }
}
