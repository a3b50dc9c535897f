/// The features that lead to each code of a field.
package struct FieldCodes: Sendable {
  /// An interval of one feature, both ends included.
  ///
  /// The encoder's inputs saturate: what lies beyond the feature's bits counts as the nearest end.
  package struct FeatureRange: Sendable, Hashable, Codable {
    package var feature: Int
    package var lower: Int
    package var upper: Int

    package func contains(_ value: Int) -> Bool { (lower...upper).contains(value) }
  }

  /// By code: alternatives, each a range for every feature that the field reads; none for a code that never occurs.
  package private(set) var alternatives: [[[FeatureRange]]]

  /// - Parameter widths: bits of features that others read more of; the field's own reading saturates.
  /// - Precondition: the field passed the specification's checks but for its values.
  package init(_ field: AddressField, widths: [Int: Int] = [:]) {
    let own = Dictionary(uniqueKeysWithValues: field.featureWidths.map { ($0.feature, $0.bits) })
    let widths = own.merging(widths) { max($0, $1) }
    switch field.coding ?? .identity {
    case .identity, .shift, .edges:
      alternatives = Self.ranges(of: field, widths).map { $0.map { [[$0]] } ?? [] }
    case .constant: alternatives = []
    case .joint:
      alternatives = [[[FeatureRange]]](repeating: [], count: 1 << field.bits)
      var indices: [[FeatureRange]?] = [[]]
      for part in field.parts ?? [] {
        let codes: [[FeatureRange]?] =
          part.coding == .constant
          ? (0..<1 << part.bits).map { $0 == part.constant ? [] : nil }
          : Self.ranges(of: part, widths).map { $0.map { [$0] } }
        // The first part is lowest in the index.
        indices = codes.flatMap { code in indices.map { index in Self.both(index, code) } }
      }
      for (index, code) in (field.codes ?? []).enumerated() {
        if let ranges = indices[index] { alternatives[code].append(ranges) }
      }
    }
  }

  /// The greatest code that occurs.
  var largest: Int { alternatives.lastIndex { !$0.isEmpty } ?? 0 }

  /// How many codes occur at all.
  package var count: Int { alternatives.count { !$0.isEmpty } }

  /// Of features, in the order of the field's parts; nil where two parts contradict each other.
  private static func both(_ first: [FeatureRange]?, _ second: [FeatureRange]?) -> [FeatureRange]? {
    guard var ranges = first, let second else { return nil }
    for range in second {
      guard let place = ranges.firstIndex(where: { $0.feature == range.feature }) else {
        ranges.append(range)
        continue
      }
      ranges[place].lower = max(ranges[place].lower, range.lower)
      ranges[place].upper = min(ranges[place].upper, range.upper)
      if ranges[place].lower > ranges[place].upper { return nil }
    }
    return ranges
  }

  /// By code: the interval of the one feature, since codes never fall where features rise.
  private static func ranges(of field: AddressField, _ widths: [Int: Int]) -> [FeatureRange?] {
    var ranges = [FeatureRange?](repeating: nil, count: 1 << field.bits)
    let feature = field.feature ?? 0
    for value in 0..<1 << (widths[feature] ?? 1) {
      let code = field.code { _ in value }
      ranges[code] = FeatureRange(feature: feature, lower: ranges[code]?.lower ?? value, upper: value)
    }
    return ranges
  }
}

extension AddressSpecification {
  /// The bits of every feature, by the field that reads most of it.
  package var featureWidths: [Int: Int] {
    fields.flatMap(\.featureWidths).reduce(into: [:]) { widths, reading in
      widths[reading.feature] = max(widths[reading.feature] ?? 0, reading.bits)
    }
  }
}
