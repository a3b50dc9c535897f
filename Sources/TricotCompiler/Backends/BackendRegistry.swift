import Diagnostics

/// All backends, the default one first.
package enum BackendRegistry {
  package static let all: [any Backend] = [
    VerilogFirmwareBackend(),
    HLSFirmwareBackend(),
    ProcessorFirmwareBackend(),
  ]

  /// What `--backend` takes, with an `or` before the last.
  package static var names: String { enumeration(all.map(\.name)) }

  /// The same with how each is proven.
  package static var proofs: String { all.map { "\($0.name), \($0.proof)" }.joined(separator: "; ") }

  /// Planned ones, so that a refusal can say so.
  private static let planned = ["vitis", "vivado", "quartus", "oneapi", "catapult"]

  /// The backend of a name; refuses others.
  static func backend(named name: String?) throws -> any Backend {
    guard let name else { return all[0] }
    if let backend = all.first(where: { $0.name == name }) { return backend }
    let message =
      planned.contains(name.lowercased()) ? "the backend '\(name)' is not there yet" : "'\(name)' is no backend"
    if let near = nearestName(to: name, among: all.map(\.name)) {
      throw Diagnostic.error("unknown-backend", message, hint: "did you mean '\(near)'?")
    }
    let known = all.map { DiagnosticText(parts: [.option(.backend, $0.name)]) }
    let rest = known.dropFirst().reduce("") { (text: DiagnosticText, next) in "\(text) or \(next)" }
    throw Diagnostic.error("unknown-backend", "\(message)", hint: "use \(known[0])\(rest)")
  }

  private static func enumeration(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.joined() }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
