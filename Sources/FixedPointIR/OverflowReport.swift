import FixedPoint

/// A quantisation whose argument is not proven to fit: what may be wrapped, saturated or zeroed, and by how much.
package struct OverflowFinding: Hashable, Sendable {
  /// Where in a layer a value is quantised.
  package enum Place: String, Sendable, Hashable, CaseIterable, Codable {
    case result, accumulator
    /// The codes that address the tables of a sum of tables.
    case address
    /// Inside softmax: `max(x) - x`, each exponential, the sum, the argument of the reciprocal.
    case difference, exponential, sum
    case reciprocalInput = "reciprocal_input"
  }

  package var layer: String
  package var kind: String
  package var place: Place
  /// The type that the worst value has to fit.
  package var type: FixedPointType
  /// How many of the layer's values may overflow here, and how many there are.
  package var elements: Int
  package var count: Int
  /// The exact range of the worst value before it is quantised.
  package var lower: Double
  package var upper: Double
  /// How many more integer bits the worst value needs.
  package var missingBits: Int

  /// The findings of one node, worst values first within each place; empty where everything is proven to fit.
  static func collect(
    node: FixedNode,
    results: [ExactRange],
    types: ElementTypes,
    inner: [RangeTransfer.InnerOverflow]
  ) -> [OverflowFinding] {
    let outer = results.enumerated().compactMap { element, range -> RangeTransfer.InnerOverflow? in
      let type = types[element]
      guard !type.holds(range.raw, fractionBits: range.fractionBits) else { return nil }
      return RangeTransfer.InnerOverflow(place: .result, type: type, exact: range, element: element)
    }
    return Place.allCases.compactMap { place in
      let here = (place == .result ? outer : inner).filter { $0.place == place }
      guard let first = here.first else { return nil }
      let worst = here.dropFirst().reduce(first) { $1.missingBits > $0.missingBits ? $1 : $0 }
      return OverflowFinding(
        layer: node.name,
        kind: node.kind,
        place: place,
        type: worst.type,
        elements: Set(here.map(\.element)).count,
        count: types.count,
        lower: worst.exact.lower,
        upper: worst.exact.upper,
        missingBits: worst.missingBits
      )
    }
  }
}

extension OverflowFinding {
  /// What may overflow in a node's kernel, over all firings: one finding for each place.
  static func collect(node: FixedNode, kernel: RangeAnalysis?) -> [OverflowFinding] {
    guard let kernel else { return [] }
    let all = kernel.findings.flatMap { $0 }
    return Place.allCases.compactMap { place in
      let here = all.filter { $0.place == place }
      guard var finding = here.max(by: { $0.missingBits < $1.missingBits }) else { return nil }
      finding.layer = node.name
      finding.kind = node.kind
      finding.elements = here.reduce(0) { $0 + $1.elements } * node.operation.firings
      finding.count = here.reduce(0) { $0 + $1.count } * node.operation.firings
      return finding
    }
  }
}

extension RangeTransfer.InnerOverflow {
  /// The integer bits that the rounded range needs beyond those of the type, at least 1.
  var missingBits: Int {
    let drop = exact.fractionBits - type.fractionBits
    func rounded(_ raw: Int128) -> Int128 {
      drop > 0 ? FixedPointType.roundedShift(raw, by: drop, type.rounding) : raw
    }
    let range = Interval(rounded(exact.raw.lower), rounded(exact.raw.upper)).shifted(by: max(0, -drop))
    let needed = range.lower < 0 || !type.isSigned ? range.bitWidth : range.bitWidth + 1
    return max(1, needed - type.width)
  }
}

/// For every layer of a graph, whether wraps or saturations are possible; the proof behind `tricot inspect`.
package struct OverflowReport: Sendable {
  package struct Layer: Sendable, Hashable {
    package var name: String
    package var kind: String
    /// Empty: proven that nothing overflows, for every input that the input types can represent.
    package var findings: [OverflowFinding]

    package var mayWrap: Bool { findings.contains { $0.type.overflow == .wrap } }
    package var maySaturate: Bool { findings.contains { $0.type.overflow != .wrap } }
  }

  package var layers: [Layer]

  package init(_ graph: FixedPointGraph, analysis: RangeAnalysis) {
    layers = zip(graph.nodes, analysis.findings).map { node, findings in
      Layer(name: node.name, kind: node.kind, findings: findings)
    }
  }

  /// Whether any value of any layer may wrap.
  package var mayWrap: Bool { layers.contains(where: \.mayWrap) }
}
