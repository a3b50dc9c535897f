import Synchronization

/// Collects the findings of one run, from any thread.
///
/// Passes report what does not stop them here, and throw a ``Diagnostic`` for what does.
package final class DiagnosticLog: Sendable {
  private let entries = Mutex<[Diagnostic]>([])

  package init() {}

  /// Adds a finding unless the very same one is there already.
  package func report(_ diagnostic: Diagnostic) {
    entries.withLock { list in
      if !list.contains(diagnostic) { list.append(diagnostic) }
    }
  }

  /// All findings, in the order of their report.
  package var all: [Diagnostic] { entries.withLock { $0 } }

  package var hasErrors: Bool { all.contains { $0.severity == .error } }
}
