import DesignIR
import Diagnostics
import FixedPointIR
import ModelIR
import NetlistIR
import Synchronization
import TextForm

/// An intermediate representation that can be had as text; see `docs/text-forms.md`.
public enum EmittedForm: String, Sendable, CaseIterable {
  /// The model as trained.
  case model
  /// The quantised model: what is computed.
  case fixedPoint = "fixed-point"
  /// How it is computed.
  case netlist
  /// The hardware: modules, registers, memories, pipelines.
  case design
}

extension Compilation {
  /// An intermediate representation of the model as text.
  public func text(of form: EmittedForm) throws -> String {
    switch form {
    case .model: try modelGraph.description
    case .fixedPoint: try fixedPointGraph.description
    case .netlist: try netlist.description
    case .design: try design.description
    }
  }

  /// What a pass made of the model, as text; the last time, where it runs more than once.
  ///
  /// Stages that this compilation has computed before do not run again.
  ///
  /// - Parameter name: One of ``PassListing/all``.
  public func text(afterPass name: String) throws -> String {
    let names = PassName.allCases.map(\.rawValue)
    guard let pass = PassName(rawValue: name) else {
      throw Diagnostic.error(
        "unknown-pass",
        "'\(name)' is no pass",
        hint: nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
          ?? "choose one of \(names.joined(separator: ", "))"
      )
    }
    let result = Mutex<String?>(nil)
    try PassTrace.observing({ found, text in
      if found == pass { result.withLock { $0 = text() } }
    }) {
      switch pass {
      case .magnitudePruning, .deadNeurons, .deadLayers, .affineFolding, .accumulatorSimplification: _ = try quantized
      case .deadWeights, .deadValues, .constantSinking, .ternarySums, .pipelining: _ = try hardware
      }
    }
    guard let text = result.withLock({ $0 }) else {
      throw Diagnostic.error(
        "pass-not-run",
        "'\(name)' does not run on the way of this model",
        at: Origin(file: options.model)
      )
    }
    return text
  }

  /// Writes a text to a file; the text is made only where it can be written.
  ///
  /// - Parameter replacing: Whether a file that is there may be replaced.
  public func write(_ text: @autoclosure () throws -> String, to path: String, replacing: Bool = false) throws {
    try FileWriting.check(path, replacing: replacing)
    try FileWriting.replace(path, with: Array(try text().utf8))
  }
}
