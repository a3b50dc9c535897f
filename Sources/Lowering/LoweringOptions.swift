import AdderGraphs

/// How much the lowering may think about the firmware.
///
/// Never changes a bit of what it computes.
package struct LoweringOptions: Sendable {
  /// How long adder graphs are searched for.
  package var effort: Effort
  package var seed: UInt64
  package var threads: Int
  /// The largest number of adder levels of a layer's sums, by layer name.
  package var maximumDepth: [String: Int]
  /// Adder levels that a layer's sums may take above the least possible: more saves area and costs latency.
  package var extraDepth: Int
  package static let standardExtraDepth = 1
  /// Whether ports are as wide as what is proven of their values, where their types are wider: between modules of one
  /// design, not at its own ports.
  package var narrowsPorts = false

  package init(
    effort: Effort = .fast,
    seed: UInt64 = 1,
    threads: Int = 1,
    maximumDepth: [String: Int] = [:],
    extraDepth: Int = standardExtraDepth
  ) {
    self.extraDepth = extraDepth
    self.effort = effort
    self.seed = seed
    self.threads = threads
    self.maximumDepth = maximumDepth
  }
}
