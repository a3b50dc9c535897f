/// The layer that decides how many cycles lie between events, and why.
package struct IntervalBound: Hashable, Sendable {
  package enum Cause: Hashable, Sendable {
    /// Each step waits for the state that the one before leaves.
    case loop(steps: Int, cycles: Int)
    /// It takes as many cycles for an event: it shares hardware, or an event comes in as many beats.
    case work(cycles: Int)
  }

  package var layer: String
  package var cause: Cause

  package init(layer: String, cause: Cause) {
    self.layer = layer
    self.cause = cause
  }
}

extension IntervalBound: CustomStringConvertible {
  package var description: String {
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    switch cause {
    case .loop(let steps, let cycles):
      return "the loop through the state of '\(layer)', \(count(steps, "step")) of \(count(cycles, "cycle"))"
    case .work(let cycles): return "'\(layer)', \(count(cycles, "cycle")) for an event"
    }
  }
}
