import Diagnostics
import FoundationEssentials
import ProcessorBackend

/// What `tricot reload-image` wrote.
public struct ReloadReport: Codable, Sendable {
  public var file: String
  public var words: Int
  public var dataBits: Int
  public var version: UInt32
  public var checksum: String
}

extension Compilation {
  /// Writes this model as the words that a reloadable machine takes.
  ///
  /// - Parameters:
  ///   - folder: The machine's project.
  ///   - output: The file, a word a line.
  ///   - version: What the machine shows once it has the network.
  /// - Throws: A ``Diagnostic`` if the model does not fit the machine, or its accumulators could overflow.
  public func reloadImage(
    for folder: String,
    to output: String,
    version: UInt32,
    replacing: Bool = false
  ) throws -> ReloadReport {
    try FileWriting.check(output, replacing: replacing)
    let (map, choices) = try Self.machine(in: folder)
    var options = options
    options.processors = choices
    // Another way of building than this compilation's own.
    let compilation = Compilation(options, clock: clock)
    let plan = try compilation.machinePlan
    try map.check(plan, file: options.model)
    let words = ReloadWords(plan, for: map, version: version)
    try FileWriting.replace(output, with: Array(words.text.utf8))
    let digits = String(words.checksum, radix: 16)
    return ReloadReport(
      file: output,
      words: words.words.count,
      dataBits: words.dataBits,
      version: words.version,
      checksum: "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    )
  }

  /// What a project's machine takes, and how it was built.
  private static func machine(in folder: String) throws -> (ReloadMap, ProcessorChoices) {
    func read<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
      let path = "\(folder)/\(name)"
      let bytes = try FileReading.bytes(of: path)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      do { return try decoder.decode(type, from: Data(bytes)) } catch {
        throw Diagnostic.error(
          "malformed-text",
          "not what \(option: .backend, "processors") writes",
          at: Origin(file: path),
          hint: "name a project that was compiled with \(option: .reloadable)"
        )
      }
    }
    let manifest = try read(Manifest.fileName, as: Manifest.self)
    guard manifest.options.reloadable == true else {
      throw Diagnostic.error(
        "not-reloadable",
        "the programs of '\(folder)' are fixed",
        at: Origin(file: "\(folder)/\(Manifest.fileName)"),
        hint: "compile the machine with \(option: .reloadable)"
      )
    }
    var choices = ProcessorChoices()
    choices.unroll = manifest.options.unroll.flatMap(ProcessorChoices.Unroll.init)
    choices.multiplierless = manifest.options.multiplierless ?? false
    choices.reloadable = true
    return (try read(ReloadMap.fileName, as: ReloadMap.self), choices)
  }
}
