import Diagnostics
import TricotCompiler

/// The options of a compilation as JSON: an object with `model`, and whatever else is not the default.
///
/// Keys are the options' names in snake case, those of the command line with `_` for `-`.
struct OptionsDocument: Decodable {
  private(set) var options: CompilationOptions

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: FieldName.self)
    options = CompilationOptions(model: try fields.decode(String.self, forKey: FieldName("model")))
    // In the order of names, so that of two mistakes always the same is told.
    for key in fields.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) where key.stringValue != "model" {
      guard let option = Self.known.first(where: { $0.snakeCase == key.stringValue }) else {
        throw Self.unknown(key.stringValue)
      }
      if try !fields.decodeNil(forKey: key) { try set(option, Field(container: fields, key: key)) }
    }
    if let scope = sparsityScope {
      guard options.pruning != nil else {
        throw Diagnostic.error(
          "option-without-effect",
          "\(option: .sparsityScope) has no effect without \(option: .sparsity)",
          hint: "give \(option: .sparsity), too"
        )
      }
      options.pruning?.scope = scope
    }
  }

  private var sparsityScope: PruningChoices.Scope?

  private mutating func set(_ option: DiagnosticOption, _ field: Field) throws {
    switch option {
    case .weights: options.weights = try field.value()
    case .config: options.configuration = try field.value()
    case .arithmetic: options.arithmetic = try field.choice()
    case .precision: options.precision = try field.value()
    case .inputPrecision: options.inputPrecision = try field.value()
    case .treeOutput: options.treeOutput = try field.choice()
    case .calibration: options.quantization.calibration = try field.value()
    case .coverage: options.quantization.coverage = try field.value()
    case .inputBits: (options.quantization.inputBits, options.quantization.featureBits) = try field.bits()
    case .weightBits: options.quantization.weightBits = try field.value()
    case .activationBits: options.quantization.activationBits = try field.value()
    case .sparsity: options.pruning = PruningChoices(sparsity: try field.value())
    case .sparsityScope: sparsityScope = try field.choice()
    case .part: options.hardware.part = try field.value()
    case .clockPeriod: options.hardware.clockPeriod = try field.value()
    case .clockUncertainty: options.hardware.clockUncertainty = try field.value()
    case .strategy: options.hardware.strategy = try field.value()
    case .reuseFactor: options.hardware.reuseFactor = try field.value()
    case .latency: options.hardware.latency = try field.value()
    case .effort: options.hardware.effort = try field.choice()
    case .extraDepth: options.hardware.extraDepth = try field.value()
    case .adders: options.hardware.adders = try field.choice()
    case .logic: options.hardware.logic = try field.choice()
    case .hierarchy: options.hardware.hierarchy = try field.choice()
    case .recurrence: options.hardware.recurrence = try field.choice()
    case .io: options.hardware.io = try field.choice()
    case .parallelPositions: options.hardware.parallelPositions = try field.value()
    case .firmwareVersion: options.hls.firmwareVersion = try field.value()
    case .interface: options.hls.interface = try field.choice()
    case .apTypes: options.hls.apTypes = try field.value()
    case .threads: options.threads = try field.value()
    case .seed: options.seed = try field.value()
    case .unroll: options.processors.unroll = try field.unroll()
    case .multiplierless: options.processors.multiplierless = try field.value()
    case .reloadable: options.processors.reloadable = try field.value()
    case .interval, .samples, .backend, .synthesize, .float, .output, .force, .retype:
      // Of methods, not of models.
      throw Self.unknown(option.snakeCase)
    }
  }

  private static let known = DiagnosticOption.allCases

  private static func unknown(_ name: String) -> Diagnostic {
    Diagnostic.error(
      "unknown-option",
      "'\(name)' is no option of a model",
      hint: nearestName(to: name, among: known.map(\.snakeCase)).flatMap { $0 == name ? nil : "did you mean '\($0)'?" }
    )
  }
}

/// A key that may be anything.
struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// The value of one option.
private struct Field {
  let container: KeyedDecodingContainer<FieldName>
  let key: FieldName

  func value<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    do {
      return try container.decode(Value.self, forKey: key)
    } catch {
      throw refusal("give \(Self.words(for: Value.self))")
    }
  }

  /// One of the words that an option knows.
  func choice<Choice: RawRepresentable & CaseIterable>() throws -> Choice where Choice.RawValue == String {
    let word: String = try value()
    guard let choice = Choice(rawValue: word) else {
      throw refusal("use one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// One number for all inputs, or a list with one for each.
  func bits() throws -> (common: Int?, each: [Int]?) {
    if let common = try? container.decode(Int.self, forKey: key) { return (common, nil) }
    guard let each = try? container.decode([Int].self, forKey: key), !each.isEmpty else {
      throw refusal("give a whole number, or a list of them")
    }
    return (nil, each)
  }

  /// A number, or `full`.
  func unroll() throws -> ProcessorChoices.Unroll {
    let text = try (try? container.decode(Int.self, forKey: key)).map(String.init) ?? value()
    guard let unroll = ProcessorChoices.Unroll(text) else { throw refusal("give a number up to 4096, or 'full'") }
    return unroll
  }

  private func refusal(_ hint: String) -> Diagnostic {
    Diagnostic.error("bad-option", "'\(key.stringValue)' has no value that it can have", hint: hint)
  }

  private static func words(for type: Any.Type) -> String {
    if type == String.self { return "text" }
    if type == Bool.self { return "true or false" }
    return type == Double.self ? "a number" : "a whole number"
  }
}
