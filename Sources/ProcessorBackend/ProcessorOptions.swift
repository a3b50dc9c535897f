import DesignBuilding

/// How a machine of processors is built.
///
/// Nothing here changes a bit of what it computes.
package struct ProcessorOptions: Sendable {
  /// Multiply-accumulates that a processor makes in a cycle.
  package enum Unroll: Sendable, Hashable {
    case lanes(Int)
    /// As many as it has operands.
    case full
  }

  package var unroll: Unroll
  /// Whether weights are sums of shifted operands: programs of additions and subtractions.
  package var isMultiplierless: Bool
  /// Whether programs stand in memories that can be written while the machine runs.
  package var isReloadable: Bool
  /// Clock, delays, and how what is no processor is built.
  package var design: DesignOptions

  package init(
    unroll: Unroll = .lanes(1),
    isMultiplierless: Bool = false,
    isReloadable: Bool = false,
    design: DesignOptions
  ) {
    self.unroll = unroll
    self.isMultiplierless = isMultiplierless
    self.isReloadable = isReloadable
    self.design = design
  }
}
