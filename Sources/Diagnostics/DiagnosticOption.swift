/// A choice of the user's that a diagnostic can speak of, whatever it is called where the user makes it.
public enum DiagnosticOption: String, Hashable, Sendable, Codable, CaseIterable {
  case weights, config, arithmetic, precision, inputPrecision, treeOutput
  case calibration, coverage, inputBits, weightBits, activationBits
  case sparsity, sparsityScope
  case part, clockPeriod, clockUncertainty, strategy, reuseFactor, latency, effort, adders, logic, hierarchy
  case recurrence, io, parallelPositions, extraDepth
  case interval
  case firmwareVersion, interface, apTypes
  case threads, seed, samples
  case backend, synthesize, float
  case unroll, multiplierless, reloadable
  /// Where results are written.
  case output
  /// That results of an earlier run may be replaced.
  case force
  /// That trained types may be replaced by others.
  case retype
}

/// Something that Tricot does for the user.
public enum DiagnosticAction: String, Hashable, Sendable, Codable, CaseIterable {
  /// Evaluates the trained model itself, in floating point.
  case evaluate
  case inspect, simulate, verify, compile, emulator, table
}

/// How a front end calls options and actions.
public struct DiagnosticPhrasing: Sendable {
  /// The words for an option, and the value that it should have, if one is meant.
  public var option: @Sendable (DiagnosticOption, String?) -> String
  public var action: @Sendable (DiagnosticAction) -> String

  public init(
    option: @escaping @Sendable (DiagnosticOption, String?) -> String,
    action: @escaping @Sendable (DiagnosticAction) -> String
  ) {
    self.option = option
    self.action = action
  }

  /// The names of the Swift library: properties of its options and arguments of its methods.
  public static let library = DiagnosticPhrasing(
    option: { option, value in value.map { "\(option.libraryName): \($0)" } ?? option.libraryName },
    action: { $0.libraryName }
  )
}

extension DiagnosticAction {
  fileprivate var libraryName: String {
    switch self {
    case .evaluate, .inspect, .simulate, .verify, .emulator: "\(rawValue)(…)"
    case .compile: "write(to:)"
    case .table: "TableCompiler.run()"
    }
  }
}

extension DiagnosticOption {
  fileprivate var libraryName: String {
    switch self {
    case .weights, .arithmetic, .precision, .inputPrecision, .treeOutput, .threads, .seed, .samples, .backend,
      .synthesize:
      rawValue
    case .config: "configuration"
    case .calibration, .coverage, .inputBits, .weightBits, .activationBits: "quantization.\(rawValue)"
    case .sparsity: "pruning.sparsity"
    case .sparsityScope: "pruning.scope"
    case .part, .clockPeriod, .clockUncertainty, .strategy, .reuseFactor, .latency, .effort, .adders, .logic,
      .hierarchy, .recurrence, .io, .parallelPositions, .extraDepth:
      "hardware.\(rawValue)"
    case .firmwareVersion, .interface, .apTypes: "hls.\(rawValue)"
    case .unroll, .multiplierless, .reloadable: "processors.\(rawValue)"
    case .interval: "fit(interval:)"
    case .float: "evaluate(…)"
    case .output: "to"
    case .force: "replacing"
    case .retype: "retypes"
    }
  }
}
