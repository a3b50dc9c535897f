/// From addresses to what the model is given: the sums of fields' values.
struct ModelInputs: Sendable {
  /// Bits of the address.
  private struct Place: Sendable {
    var lsb: Int
    var mask: Int

    init(_ field: AddressField) {
      lsb = field.lsb
      mask = (1 << field.bits) - 1
    }

    func code(of address: Int) -> Int { address >> lsb & mask }
  }

  private struct Term: Sendable {
    var place: Place
    var values: [Double]
    /// The bit that negates the value.
    var sign: Int?
  }

  private let sums: [[Term]]
  private let constants: [(place: Place, code: Int)]
  private let isSingle: Bool

  /// - Parameter isSingle: whether the model holds features in single precision.
  init(_ specification: AddressSpecification, isSingle: Bool) {
    self.isSingle = isSingle
    let fields = specification.fields
    func field(_ name: String) -> AddressField? { fields.first { $0.name == name } }
    constants = fields.compactMap { field in
      field.coding == .constant ? (Place(field), field.constant ?? 0) : nil
    }
    sums = specification.modelInputs.map { terms in
      terms.compactMap { term in
        guard let source = field(term.field) else { return nil }
        return Term(
          place: Place(source),
          values: (0..<1 << min(source.bits, AddressField.widestCode)).map { source.value(of: $0) },
          sign: term.sign.flatMap(field)?.lsb
        )
      }
    }
  }

  /// Whether the constant fields say that the address is this model's.
  func belong(_ address: Int) -> Bool { constants.allSatisfy { $0.place.code(of: address) == $0.code } }

  func values(at address: Int) -> [Double] {
    sums.map { rounded($0.reduce(0.0) { $0 + value($1, address) }) }
  }

  /// Numbers as the model holds them.
  func rounded(_ values: [Double]) -> [Double] { values.map(rounded) }

  private func rounded(_ value: Double) -> Double { isSingle ? Double(Float(value)) : value }

  /// Fills the features of a block, feature by feature.
  func fill(_ features: UnsafeMutableBufferPointer<Double>, of addresses: [Int]) {
    for (input, terms) in sums.enumerated() {
      let start = input * BlockEvaluation.capacity
      for place in addresses.indices { features[start + place] = 0 }
      for term in terms {
        for (place, address) in addresses.enumerated() { features[start + place] += value(term, address) }
      }
      guard isSingle else { continue }
      for place in start..<start + addresses.count { features[place] = rounded(features[place]) }
    }
  }

  @inline(__always)
  private func value(_ term: Term, _ address: Int) -> Double {
    let value = term.values[term.place.code(of: address)]
    guard let sign = term.sign else { return value }
    return address >> sign & 1 == 1 ? -value : value
  }
}
