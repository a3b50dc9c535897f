import Diagnostics
import Glibc
import ModelIR

/// One model on its road from a file to firmware and proof: the library's face.
///
/// Each stage is computed when something first needs it, and kept: whoever asks again, on any thread, gets the same value.
/// Files are read once; what lies in them later is another compilation's business. Errors that a user can mend are thrown
/// as diagnostics; ``findings`` collects what did not stop the work.
///
///     var options = CompilationOptions(model: "jet-tagger.keras")
///     options.quantization.calibration = "calibration-jets.npy"
///     let tagger = Compilation(options)
///     let scores = try tagger.simulate(jets)
///     try tagger.write(to: "firmware")
public final class Compilation: Sendable {
  public let options: CompilationOptions
  public let clock: StageClock
  let log = DiagnosticLog()
  let files: InputFiles
  /// The model, where it comes from no file.
  let givenModel: ModelGraph?
  let stages = StageStore()
  /// Another compilation whose stages are this one's, too, as far as options that matter to them are the same.
  let sharing: Compilation?

  /// - Parameters:
  ///   - options: What to compile, and how.
  ///   - files: Contents of files that lie in memory, by the paths that options name them by; all others are read from disk.
  ///   - clock: Told what is going on.
  public init(_ options: CompilationOptions, files: [String: [UInt8]] = [:], clock: StageClock = StageClock()) {
    self.options = options
    self.files = InputFiles(files)
    self.clock = clock
    givenModel = nil
    sharing = nil
  }

  /// A compilation that takes from another what is the same for both: of a scan, that has many that are much alike.
  ///
  /// What was found on the way of shared stages stands in the other's ``findings``.
  init(_ options: CompilationOptions, sharing other: Compilation, clock: StageClock = StageClock()) {
    self.options = options
    files = other.files
    self.clock = clock
    givenModel = nil
    sharing = other
  }

  /// A compilation of a model that is there already; its options name no model file.
  package init(
    of model: ModelGraph,
    options: CompilationOptions? = nil,
    files: [String: [UInt8]] = [:],
    clock: StageClock = StageClock()
  ) {
    self.options = options ?? CompilationOptions(model: model.name)
    self.files = InputFiles(files)
    self.clock = clock
    givenModel = model
    sharing = nil
  }

  /// Warnings and notes of everything done so far, in the order of their discovery.
  public var findings: [Diagnostic] { log.all }
}

extension Compilation {
  /// Threads that are used.
  var threadCount: Int { options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// How often each stage was computed so far, in alphabetical order: once, unless it was interrupted.
  package var stageRuns: [(stage: String, runs: Int)] { stages.runs }

  /// The value of a stage: computed by whoever asks first, while others wait, and kept.
  ///
  /// A backend keeps its own products so, under a name of its own.
  package func stage<Value: Sendable>(_ name: String, _ make: () throws -> Value) throws -> Value {
    try stages.value(name, make)
  }
}
