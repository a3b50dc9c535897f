import FixedPointIR

/// Compares flat output vectors of many samples with the simulator's, and names what differs.
struct OutputComparison {
  /// The model output and the element in it, by position in the flat output vector.
  private let places: [(layer: String, element: Int)]
  /// How many differences are told in full.
  private static let shown = 10

  init(_ graph: FixedPointGraph) {
    places = graph.outputs.flatMap { id in (0..<graph[id].count).map { (graph[id].name, $0) } }
  }

  /// - Parameters:
  ///   - isEqual: Whether the value at a sample and flat element is the same on both sides.
  ///   - values: Both sides as numbers, for the report.
  func compare(
    against name: String,
    samples: Int,
    isEqual: (_ sample: Int, _ element: Int) -> Bool,
    values: (_ sample: Int, _ element: Int) -> (simulator: Double, other: Double)
  ) -> VerificationReport.Comparison {
    var mismatches = 0
    var differences: [VerificationReport.Difference] = []
    for sample in 0..<samples {
      for element in places.indices where !isEqual(sample, element) {
        mismatches += 1
        guard differences.count < Self.shown else { continue }
        let (simulator, other) = values(sample, element)
        differences.append(
          VerificationReport.Difference(
            sample: sample,
            layer: places[element].layer,
            element: places[element].element,
            simulator: simulator,
            other: other
          )
        )
      }
    }
    return VerificationReport.Comparison(
      against: name,
      samples: samples,
      mismatches: mismatches,
      differences: differences
    )
  }
}
