import FixedPointIR

/// What a search is given by whoever runs it.
package struct SearchHooks: Sendable {
  /// What a graph costs as hardware.
  package var estimate: @Sendable (FixedPointGraph) throws -> PointEstimate
  /// Told of every point, in an order that does not depend on threads, with what a later run needs to go on from it.
  package var found: @Sendable (CurvePoint, SearchState) throws -> Void
  /// Whether to go on.
  package var goesOn: @Sendable () -> Bool

  package init(
    estimate: @escaping @Sendable (FixedPointGraph) throws -> PointEstimate,
    found: @escaping @Sendable (CurvePoint, SearchState) throws -> Void = { _, _ in },
    goesOn: @escaping @Sendable () -> Bool
  ) {
    self.estimate = estimate
    self.found = found
    self.goesOn = goesOn
  }
}

/// A model with everything that a search for its curve needs.
package protocol CurveSearch: Sendable {
  var evaluation: HeldOutEvaluation { get }
  /// Events that are fitted to.
  var fittedEvents: Int { get }
  /// What the model loses without inputs; nil where that is not known.
  var relevance: InputRelevance? { get }

  /// Searches until the curve is complete, or until it is asked to stop.
  ///
  /// - Parameter state: Where an earlier run stopped.
  func run(_ hooks: SearchHooks, from state: SearchState?) throws

  /// The same bits everywhere, for comparison.
  func uniformPoints(_ hooks: SearchHooks) throws -> [UniformPoint]
}
