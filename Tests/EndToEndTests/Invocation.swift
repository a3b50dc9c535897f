import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Verification

/// One run of the built command line.
struct Invocation {
  var status: Int32
  var output: String
  var errors: String

  /// Runs `tricot`, which the package manager builds beside the tests.
  ///
  /// - Parameter path: The search path for tools; nil: the one of the tests.
  static func tricot(_ arguments: String..., path: String? = nil) async throws -> Invocation {
    try await tricot(arguments, path: path)
  }

  static func tricot(_ arguments: [String], path: String? = nil) async throws -> Invocation {
    let environment = path.map { Environment.inherit.updating(["PATH": $0]) } ?? .inherit
    // Tests start together; their programs need not run together.
    let result = try await turns.take {
      try await Subprocess.run(
        .path(FilePath(binary)),
        arguments: Arguments(arguments),
        environment: environment,
        output: .string(limit: 1 << 24),
        error: .string(limit: 1 << 24)
      )
    }
    var status: Int32 = -1
    if case .exited(let code) = result.terminationStatus { status = Int32(code) }
    return Invocation(
      status: status,
      output: result.standardOutput,
      errors: result.standardError
    )
  }

  private static let turns = ToolTurns(count: ProcessInfo.processInfo.activeProcessorCount)

  static let binary: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "tricot").path
  }()

  /// A value of a report, by its keys.
  func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(output.utf8))
  }
}

/// A folder that goes away with the test.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "tricot-tests-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// Everything in the folder, hidden names too.
  var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// The files of the shipped example.
enum Example {
  static let folder = SharedData.packageRoot.appending(path: "Examples/jet-tagger").path
  static let model = "\(folder)/jet-tagger.keras"
  static let inputs = "\(folder)/test-jets.npy"
  static let labels = "\(folder)/test-labels.npy"
  static let calibration = "\(folder)/calibration-jets.npy"
  static let expected = "\(folder)/expected.npy"
  static let configuration = "\(folder)/config.yml"
}
