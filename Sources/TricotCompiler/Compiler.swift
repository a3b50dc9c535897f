import Diagnostics
import Glibc

/// The road from a model file to firmware and proof: the library's face.
///
/// Every command loads the files of its options anew; nothing is kept between calls. Errors that a user can mend are
/// thrown as diagnostics; ``findings`` collects what did not stop the run.
///
///     var options = CompilationOptions(model: "jet-tagger.keras")
///     options.quantization.calibration = "calibration-jets.npy"
///     let report = try Compiler(options: options).compile(to: "firmware")
public struct Compiler: Sendable {
  public let options: CompilationOptions
  public let clock: StageClock
  let log = DiagnosticLog()

  public init(options: CompilationOptions, clock: StageClock = StageClock()) {
    self.options = options
    self.clock = clock
  }

  /// Warnings and notes of everything done so far, in the order of their discovery.
  package var findings: [Diagnostic] { log.all }

  /// The findings as paragraphs for people.
  public var findingsText: [String] { log.all.map { $0.rendered() } }
}

extension Compiler {
  /// Threads that are used.
  var threadCount: Int { options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
