import Diagnostics
import FixedPoint
import FixedPointIR

extension AddressSpecification {
  /// Features that the encoder reads.
  package var featureCount: Int { (allFields.compactMap(\.feature).max() ?? -1) + 1 }

  private var allFields: [AddressField] { fields.flatMap { [$0] + ($0.parts ?? []) } }

  /// The address of one event.
  package func address(_ features: (Int) -> Int) -> Int {
    fields.reduce(0) { $0 | $1.code(features) << $1.lsb }
  }

  /// The encoder as a graph like any network's: simulator, Verilog and verification come with it.
  ///
  /// Every code is a table over its feature; the address is the sum of codes times powers of two, which costs no logic.
  package func encoder(named name: String) -> FixedPointGraph {
    var builder = EncoderBuilder(specification: self, name: name)
    return builder.build()
  }
}

private struct EncoderBuilder {
  let specification: AddressSpecification
  var graph: FixedPointGraph
  private let origin: Origin
  private var input = FixedTensorID(0)

  init(specification: AddressSpecification, name: String) {
    self.specification = specification
    graph = FixedPointGraph(name: name)
    origin = Origin(file: name)
  }

  mutating func build() -> FixedPointGraph {
    let widths = specification.featureWidths
    // One bit for features that no field reads.
    let types = (0..<specification.featureCount).map { Self.unsigned(widths[$0] ?? 1) }
    input = append(.input, "features", [], ElementTypes(each: types))
    let coded = specification.fields.filter { $0.coding != .constant }
    let codes = coded.map { code($0, named: $0.name) }
    let constant = specification.fields.reduce(0) { $0 | ($1.coding == .constant ? ($1.constant ?? 0) << $1.lsb : 0) }
    let address = weighted(codes, coded.map(\.lsb), plus: constant, bits: specification.addressBits, named: "address")
    graph.outputs = [address]
    return graph
  }

  private mutating func code(_ field: AddressField, named name: String) -> FixedTensorID {
    guard field.coding == .joint, let parts = field.parts, let codes = field.codes else {
      let bits = field.featureBits ?? 1
      let source = gather([(input, field.feature ?? 0)], types: [Self.unsigned(bits)], named: name + "_feature")
      let entries = (0..<1 << bits).map { x in Int64(field.code { _ in x }) }
      return table(entries, of: source, bits: field.bits, named: name)
    }
    let members = parts.enumerated().map { code($1, named: "\(name)_part\($0)") }
    var places: [Int] = []
    for part in parts { places.append(places.last.map { $0 + parts[places.count - 1].bits } ?? 0); _ = part }
    let width = parts.reduce(0) { $0 + $1.bits }
    let index = weighted(members, places, plus: 0, bits: width, named: name + "_index")
    return table(codes.map(Int64.init), of: index, bits: field.bits, named: name)
  }

  private mutating func table(_ entries: [Int64], of x: FixedTensorID, bits: Int, named name: String) -> FixedTensorID {
    let type = Self.unsigned(bits)
    let table = AddressedTable(
      table: LookupTable(entries: entries, type: type),
      addressing: .linear(base: 0, shift: 0)
    )
    return append(.table(table), name, [x], ElementTypes(uniform: type, count: 1))
  }

  private mutating func weighted(
    _ codes: [FixedTensorID],
    _ places: [Int],
    plus constant: Int,
    bits: Int,
    named name: String
  ) -> FixedTensorID {
    let all = gather(codes.map { ($0, 0) }, types: codes.map { graph[$0].types[0] }, named: name + "_codes")
    let sum = DenseOperation(
      inputSize: codes.count,
      outputSize: 1,
      weights: places.map { Int64(1) << $0 },
      weightFractionBits: 0,
      bias: ConstantVector(Int64(constant))
    )
    return append(.dense(sum), name, [all], ElementTypes(uniform: Self.unsigned(bits), count: 1))
  }

  private mutating func gather(
    _ elements: [(FixedTensorID, Int)],
    types: [FixedPointType],
    named name: String
  ) -> FixedTensorID {
    let sources = elements.enumerated().map { GatherOperation.Source(input: $0, element: $1.1) }
    return append(.gather(GatherOperation(sources: sources)), name, elements.map(\.0), ElementTypes(each: types))
  }

  private mutating func append(
    _ operation: FixedOperation,
    _ name: String,
    _ inputs: [FixedTensorID],
    _ types: ElementTypes
  ) -> FixedTensorID {
    graph.append(
      operation,
      named: name,
      kind: "AddressEncoder",
      inputs: inputs,
      shape: [types.count],
      types: types,
      origin: origin.at(name)
    )
  }

  private static func unsigned(_ bits: Int) -> FixedPointType {
    FixedPointType(width: bits, integerBits: bits, isSigned: false, rounding: .truncate, overflow: .saturate)
  }
}
