/// What a firmware project says of itself: enough to make it again and to know that nothing was changed since.
///
/// The same model, options and version give the same bytes: no times, no paths of the machine.
struct Manifest: Codable, Sendable {
  /// The name of the manifest in a project folder, by which Tricot knows its own folders.
  static let fileName = "manifest.json"

  var tricot: String
  var model: String
  var top: String
  var backend: String
  var options: Options
  var inputs: [InputFile]
  var part: String
  var clockPeriodNs: Double
  /// Absent where an HLS tool decides.
  var latencyCycles: Int?
  var initiationInterval: Int?
  var ports: [Port]
  var layers: [Layer]
  var files: [File]

  /// What was asked for; keys that were not given are absent.
  struct Options: Codable, Sendable {
    var arithmetic: String
    var precision: String?
    var inputPrecision: String?
    var inputBits: [Int]?
    var coverage: Double?
    var weightBits: Int?
    var activationBits: Int?
    var sparsity: Double?
    var sparsityScope: String?
    var clockUncertainty: String?
    var strategy: String?
    var reuseFactor: Int?
    var latency: Int?
    var effort: String
    var extraDepth: Int?
    var adders: String
    var logic: String
    var hierarchy: String
    var recurrence: String
    var io: String?
    var parallelPositions: Int?
    var seed: UInt64
    var firmwareVersion: String?
    var interface: String?
    var unroll: String?
    var multiplierless: Bool?
    var reloadable: Bool?
  }

  /// One bus of the top module.
  struct Port: Codable, Sendable {
    var name: String
    var direction: String
    var tensor: String
    var width: Int
    var elements: [Element]
  }

  /// Where an element stands on its bus, and how to read it: `raw · 2^-fraction_bits`.
  struct Element: Codable, Sendable {
    var offset: Int
    var type: String
    var fractionBits: Int
  }

  /// A layer and the type of its result; one entry per run of elements of the same type.
  struct Layer: Codable, Sendable {
    var name: String
    var kind: String
    var shape: [Int]
    var type: String
  }

  /// An emitted file.
  struct File: Codable, Sendable {
    var path: String
    var sha256: String
  }
}

extension Manifest.Options {
  init(_ options: CompilationOptions, arithmetic: Arithmetic) {
    self.init(
      arithmetic: arithmetic.rawValue,
      precision: options.precision,
      inputPrecision: options.inputPrecision,
      inputBits: options.quantization.featureBits ?? options.quantization.inputBits.map { [$0] },
      coverage: options.quantization.coverage,
      weightBits: options.quantization.weightBits,
      activationBits: options.quantization.activationBits,
      sparsity: options.pruning?.sparsity,
      sparsityScope: options.pruning?.scope.rawValue,
      clockUncertainty: options.hardware.clockUncertainty,
      strategy: options.hardware.strategy,
      reuseFactor: options.hardware.reuseFactor,
      latency: options.hardware.latency,
      effort: options.hardware.effort.rawValue,
      extraDepth: options.hardware.extraDepth,
      adders: options.hardware.adders.rawValue,
      logic: options.hardware.logic.rawValue,
      hierarchy: options.hardware.hierarchy.rawValue,
      recurrence: options.hardware.recurrence.rawValue,
      io: options.hardware.io?.rawValue,
      parallelPositions: options.hardware.parallelPositions,
      seed: options.seed,
      firmwareVersion: options.hls.firmwareVersion,
      interface: options.hls.interface?.rawValue,
      unroll: options.processors.unroll?.text,
      multiplierless: options.processors.multiplierless ? true : nil,
      reloadable: options.processors.reloadable ? true : nil
    )
  }
}
