/// How a simulation runs; nothing here changes a result.
package struct SimulationOptions: Sendable, Hashable {
  /// Threads that compute tiles of samples; nil: one per core.
  package var threads: Int?
  /// Whether the output of every layer is kept.
  package var trace: Bool
  /// Whether values that a type had to change are counted, which takes longer.
  package var countOverflows: Bool

  package init(threads: Int? = nil, trace: Bool = false, countOverflows: Bool = false) {
    self.threads = threads
    self.trace = trace
    self.countOverflows = countOverflows
  }
}
