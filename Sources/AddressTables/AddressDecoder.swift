/// The way back: from an address to fields and features, from a word to the value it stands for.
package struct AddressDecoder: Sendable {
  package let specification: AddressSpecification
  private let codes: [FieldCodes]
  private let inputs: ModelInputs

  package init(_ specification: AddressSpecification) {
    self.specification = specification
    let widths = specification.featureWidths
    codes = specification.fields.map { FieldCodes($0, widths: widths) }
    inputs = ModelInputs(specification, isSingle: false)
  }

  /// One field of an address.
  package struct Field: Sendable, Codable {
    package var name: String
    package var lsb: Int
    package var bits: Int
    package var code: Int
    /// What the model is given for the code; nil for a constant.
    package var value: Double?
    /// The features that lead to the code: alternatives, each with a range for every feature that the field reads.
    package var features: [[FieldCodes.FeatureRange]]
    /// Whether no event leads to the code.
    package var isUnreachable: Bool
  }

  /// Everything that an address says.
  package struct Address: Sendable, Codable {
    package var address: Int
    package var fields: [Field]
    /// Whether the constant fields are those of the specification's model.
    package var belongsToModel: Bool
    /// Whether the word there is the table's version.
    package var isVersion: Bool
    /// What the model is given, in double precision; nil at addresses of other models.
    package var modelInputs: [Double]?
  }

  /// - Precondition: the address has at most the specification's bits.
  package func decode(_ address: Int) -> Address {
    precondition((0..<1 << specification.addressBits).contains(address), "an address of the table")
    let belongs = inputs.belong(address)
    return Address(
      address: address,
      fields: specification.fields.indices.map { field($0, of: address) },
      belongsToModel: belongs,
      isVersion: specification.version?.address == address,
      modelInputs: belongs ? inputs.values(at: address) : nil
    )
  }

  private func field(_ index: Int, of address: Int) -> Field {
    let field = specification.fields[index]
    let code = address >> field.lsb & ((1 << field.bits) - 1)
    let isConstant = field.coding == .constant
    let features = isConstant ? [] : codes[index].alternatives[code]
    return Field(
      name: field.name,
      lsb: field.lsb,
      bits: field.bits,
      code: code,
      value: isConstant ? nil : field.value(of: code),
      features: features,
      isUnreachable: isConstant ? code != field.constant : features.isEmpty
    )
  }
}
