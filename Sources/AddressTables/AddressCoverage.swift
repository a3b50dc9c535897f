/// Which addresses features can lead to, and which ones events do lead to.
package struct AddressCoverage: Sendable {
  package struct Field: Sendable {
    package var name: String
    package var lsb: Int
    package var bits: Int
    package var coding: AddressField.Coding
    /// The features that the field reads, ascending.
    package var features: [Int]
    /// Codes that some features lead to.
    package var codes: Int
    /// Codes that the events lead to.
    package var codesHit: Int?
  }

  package private(set) var fields: [Field]
  /// Addresses that some features lead to.
  package private(set) var reachable: Int
  /// Whether that is a count; else fields share too many bits of features, and it is an upper bound.
  package private(set) var isExact: Bool
  package private(set) var addressesHit: Int?
  /// Events at the busiest address.
  package private(set) var mostEvents: Int?

  /// Feature bits up to which the features of a group of fields are tried one by one.
  private static let enumerated = 18

  /// - Parameter events: the addresses of events.
  package init(_ specification: AddressSpecification, events: [Int]? = nil) {
    fields = specification.fields.map { field in
      Field(
        name: field.name,
        lsb: field.lsb,
        bits: field.bits,
        coding: field.coding ?? .identity,
        features: field.featureWidths.map(\.feature),
        codes: field.coding == .constant ? 1 : FieldCodes(field).count
      )
    }
    (reachable, isExact) = (1, true)
    for group in Self.groups(specification.fields) {
      if let count = Self.count(group) {
        reachable *= count
      } else {
        isExact = false
        for field in group { reachable *= FieldCodes(field).count }
      }
    }
    guard let events else { return }
    for (index, field) in specification.fields.enumerated() {
      fields[index].codesHit = Set(events.map { $0 >> field.lsb & ((1 << field.bits) - 1) }).count
    }
    var counts: [Int: Int] = [:]
    for address in events { counts[address, default: 0] += 1 }
    addressesHit = counts.count
    mostEvents = counts.values.max() ?? 0
  }

  /// Fields that share features, directly or through others.
  private static func groups(_ fields: [AddressField]) -> [[AddressField]] {
    var groups: [(features: Set<Int>, fields: [AddressField])] = []
    for field in fields where field.coding != .constant {
      let features = Set(field.featureWidths.map(\.feature))
      let touched = groups.filter { !$0.features.isDisjoint(with: features) }
      groups.removeAll { !$0.features.isDisjoint(with: features) }
      groups.append((touched.reduce(features) { $0.union($1.features) }, touched.flatMap(\.fields) + [field]))
    }
    return groups.map(\.fields)
  }

  /// The codes that a group of fields has together; nil where it has too many features to try.
  private static func count(_ group: [AddressField]) -> Int? {
    if group.count == 1 { return FieldCodes(group[0]).count }
    var widths: [Int: Int] = [:]
    for (feature, bits) in group.flatMap(\.featureWidths) { widths[feature] = max(widths[feature] ?? 0, bits) }
    guard widths.values.reduce(0, +) <= enumerated else { return nil }
    let features = widths.sorted { $0.key < $1.key }
    var found = Set<Int>()
    for combination in 0..<1 << widths.values.reduce(0, +) {
      var values: [Int: Int] = [:]
      var rest = combination
      for (feature, bits) in features {
        values[feature] = rest & ((1 << bits) - 1)
        rest >>= bits
      }
      found.insert(group.reduce(0) { $0 | $1.code { values[$0] ?? 0 } << $1.lsb })
    }
    return found.count
  }
}

extension AddressField {
  /// The features that the field reads, ascending, with the bits of the widest reading.
  package var featureWidths: [(feature: Int, bits: Int)] {
    var widths: [Int: Int] = [:]
    for reading in [self] + (parts ?? []) {
      guard let feature = reading.feature, let bits = reading.featureBits else { continue }
      widths[feature] = max(widths[feature] ?? 0, bits)
    }
    return widths.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
