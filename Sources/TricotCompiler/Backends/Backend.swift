import Diagnostics

/// One way to make firmware of a model.
///
/// A backend takes what it needs from the compilation's stages, and keeps its own products as stages there. To add one,
/// conform to this in a file of its own, and name it in ``BackendRegistry``.
package protocol Backend: Sendable {
  /// As the user asks for it.
  var name: String { get }
  /// How its firmware is proven, in a few words for help: `under Verilator`.
  var proof: String { get }
  /// Whether Verilator builds what proves it, whose own library is kept between runs.
  var usesVerilator: Bool { get }
  /// The choices that mean something to it, of those that not every backend knows.
  var choices: [BackendChoice] { get }

  /// Throws what it refuses, or misses, before any work is done for a proof.
  func checkTools(_ compilation: Compilation) throws
  /// Throws what it refuses of a model; does the work as far as that takes it.
  func check(_ compilation: Compilation) throws
  /// The project, in memory.
  func firmware(of compilation: Compilation) throws -> Firmware
  /// The Verilog that yosys can count; nil where a vendor's tool makes it.
  func verilog(of compilation: Compilation) throws -> VerilogProject?
  /// What the built firmware answers to events that are given by their raw inputs; each answer must be the simulator's.
  func answers(of compilation: Compilation, to inputs: [[Int128]]) async throws -> [FirmwareAnswer]
  /// Its own simulator against the built firmware, on every cycle; nil where it has none.
  func trace(of compilation: Compilation, to inputs: [[Int128]]) async throws -> TraceReport?
  /// What is built, as far as Tricot decides it.
  func hardware(of compilation: Compilation) throws -> Hardware
  /// Latency and resources before any vendor's tool.
  func estimate(of compilation: Compilation) throws -> EstimationReport
}

extension Backend {
  package var usesVerilator: Bool { true }

  package func trace(of compilation: Compilation, to inputs: [[Int128]]) async throws -> TraceReport? { nil }

  package func verilog(of compilation: Compilation) throws -> VerilogProject? { nil }

  /// Tricot's own pipeline, whatever the tools make of the project.
  package func hardware(of compilation: Compilation) throws -> Hardware { try compilation.hardware }

  /// Tricot's own pipeline, to be held against what the tools report.
  package func estimate(of compilation: Compilation) throws -> EstimationReport { try compilation.estimation }
}

/// What a backend is asked for.
package enum BackendPurpose: Sendable {
  /// A project for a vendor's tools.
  case project
  /// Something that is built here and run.
  case proof
}

/// An option that means something to some backends only.
package struct BackendChoice: Sendable {
  package var option: DiagnosticOption
  /// Nil: for all that the backend is asked for.
  package var purpose: BackendPurpose?
  package var isGiven: @Sendable (CompilationOptions) -> Bool
  /// What to do where it means nothing.
  package var hint: DiagnosticText
}

extension Backend {
  /// Refuses options that were given and would be ignored.
  func refuseIdleOptions(_ options: CompilationOptions, for purpose: BackendPurpose) throws {
    let meaningful = choices.filter { $0.purpose ?? purpose == purpose }.map(\.option)
    for choice in BackendRegistry.all.flatMap(\.choices) where choice.isGiven(options) {
      guard !meaningful.contains(choice.option) else { continue }
      throw Diagnostic.error(
        "option-without-effect",
        "\(option: choice.option) has no effect here",
        hint: choice.hint
      )
    }
  }
}

/// What firmware, or another form of it, answered to events.
package struct FirmwareAnswer: Sendable {
  /// What answered: `verilator`.
  package var by: String
  /// Raw outputs of the first events; not all need be answered by what is slow.
  package var outputs: [[Int128]]
  package var latency: Timing?
  package var initiationInterval: Timing?

  /// Cycles as measured, and as promised.
  package struct Timing: Sendable {
    package var measured: Int
    package var promised: Int
  }
}

/// A project in memory, and what is said of it.
public struct Firmware: Sendable {
  /// One file of the project.
  public struct File: Sendable, Hashable {
    /// Relative to the project's folder.
    public var path: String
    public var bytes: [UInt8]
  }

  /// In alphabetical order, but the manifest last.
  public var files: [File]
  /// Without a folder.
  public var report: CompilationReport
}
