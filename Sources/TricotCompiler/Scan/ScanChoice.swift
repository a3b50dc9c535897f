import Diagnostics
import Quantization

extension CompilationOptions {
  /// Sets an option by the name that it has in a scan: that of the command line, with underscores.
  mutating func set(_ name: String, to value: YAMLValue) throws {
    let known = DiagnosticOption.allCases.filter(\.isOfScans)
    guard let option = known.first(where: { $0.scanName == name }) else {
      let names = known.map(\.scanName)
      throw Diagnostic.error(
        "bad-scan",
        "'\(name)' is no option of a scan",
        at: value.origin,
        hint: nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
          ?? "give one of \(names.joined(separator: ", "))"
      )
    }
    try set(option, to: try value.text(), value)
  }

  private mutating func set(_ option: DiagnosticOption, to text: String, _ value: YAMLValue) throws {
    func path() -> String { PathNames.resolve(text, besides: value.origin.file) }
    func integer() throws -> Int {
      guard let number = Int(text) else { throw value.mismatch("an integer") }
      return number
    }
    func number() throws -> Double {
      guard let number = Double(text), number.isFinite else { throw value.mismatch("a number") }
      return number
    }
    func word<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws -> Choice
    where Choice.RawValue == String {
      guard let choice = Choice(rawValue: text) else {
        throw value.mismatch("one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return choice
    }
    switch option {
    case .weights: weights = path()
    case .config: configuration = path()
    case .arithmetic: arithmetic = try word(Arithmetic.self)
    case .precision: precision = text
    case .inputPrecision: inputPrecision = text
    case .treeOutput: treeOutput = try word(TreeOutput.self)
    case .calibration: quantization.calibration = path()
    case .coverage: quantization.coverage = try number()
    case .inputBits: quantization.inputBits = try integer()
    case .weightBits: quantization.weightBits = try integer()
    case .activationBits: quantization.activationBits = try integer()
    case .sparsity:
      // A sparsity of 0 is none.
      let share = try number()
      pruning = share == 0 ? nil : PruningChoices(sparsity: share, scope: pruning?.scope ?? .layer)
    case .sparsityScope:
      let scope = try word(PruningChoices.Scope.self)
      pruning = pruning.map { PruningChoices(sparsity: $0.sparsity, scope: scope) }
    case .part: hardware.part = text
    case .clockPeriod: hardware.clockPeriod = try number()
    case .clockUncertainty: hardware.clockUncertainty = text
    case .strategy: hardware.strategy = text
    case .reuseFactor: hardware.reuseFactor = try integer()
    case .latency: hardware.latency = try integer()
    case .effort: hardware.effort = try word(HardwareChoices.Effort.self)
    case .extraDepth: hardware.extraDepth = try integer()
    case .adders: hardware.adders = try word(HardwareChoices.Adders.self)
    case .logic: hardware.logic = try word(HardwareChoices.Logic.self)
    case .hierarchy: hardware.hierarchy = try word(HardwareChoices.Hierarchy.self)
    case .recurrence: hardware.recurrence = try word(HardwareChoices.Recurrence.self)
    case .io: hardware.io = try word(HardwareChoices.IO.self)
    case .parallelPositions: hardware.parallelPositions = try integer()
    case .seed:
      guard let number = UInt64(text) else { throw value.mismatch("a whole number") }
      seed = number
    case .interval, .firmwareVersion, .interface, .apTypes, .threads, .samples, .backend, .synthesize, .float, .unroll,
      .multiplierless, .reloadable, .output, .force, .retype:
      preconditionFailure("not an option of scans")
    }
  }
}

extension DiagnosticOption {
  /// Whether points of a scan may differ in it.
  fileprivate var isOfScans: Bool {
    switch self {
    case .weights, .config, .arithmetic, .precision, .inputPrecision, .treeOutput, .calibration, .coverage, .inputBits,
      .weightBits, .activationBits, .sparsity, .sparsityScope, .part, .clockPeriod, .clockUncertainty, .strategy,
      .reuseFactor,
      .latency, .effort, .extraDepth, .adders, .logic, .hierarchy, .recurrence, .io, .parallelPositions, .seed:
      true
    case .interval, .firmwareVersion, .interface, .apTypes, .threads, .samples, .backend, .synthesize, .float, .unroll,
      .multiplierless, .reloadable, .output, .force, .retype:
      false
    }
  }

  /// `weight_bits` for what is `weightBits` here.
  fileprivate var scanName: String {
    rawValue.reduce(into: "") { text, letter in
      if letter.isUppercase { text += "_" }
      text += letter.lowercased()
    }
  }
}
