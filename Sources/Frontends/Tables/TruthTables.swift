import DataFiles
import Diagnostics
import FixedPoint
import ModelIR

/// Truth tables from codes to codes, as LogicNets, NeuraLUT and PolyLUT make them, in a neutral form.
///
/// Every layer has elements of so many bits; a neuron reads the codes of some elements of the layer before, the first of them in the
/// highest bits of its address, and its table holds the code of its result, or null where no address leads.
struct TruthTables {
  static let kind = "truth-tables"

  /// How a code stands for a number.
  private enum Coding: String, CaseIterable {
    /// A signed number's two's complement pattern.
    case pattern
    /// A signed number plus half its range.
    case offset
  }

  private let document: DocumentValue
  private let inputs: Int
  private let inputType: FixedPointType
  private let outputType: FixedPointType
  private let coding: Coding

  init(_ document: DocumentValue) throws {
    self.document = document
    inputs = try document.member("inputs").integer(in: 1...ShapeInference.elementLimit, "the number of inputs")
    inputType = try Self.type(document.member("input_type"))
    outputType = try Self.type(document.member("output_type"))
    if let member = document["coding"] {
      guard let coding = Coding(rawValue: try member.string()) else {
        throw member.error("the coding is neither 'pattern' nor 'offset'")
      }
      self.coding = coding
    } else {
      coding = .pattern
    }
  }

  private static func type(_ value: DocumentValue) throws -> FixedPointType {
    do {
      let type = try FixedPointType(parsing: value.string())
      guard type.width <= TableSum.mostAddressBits else { throw value.error("'\(type)' is too wide for an address") }
      return type
    } catch let refusal as FixedPointTypeSyntaxError {
      throw value.error(refusal.description)
    }
  }

  func graph() throws -> ModelGraph {
    var graph = ModelGraph(name: TableFrontend.stem(of: document.file), source: .tables)
    let origin = document.origin
    var value = graph.append(.input, named: "x", inputs: [], shape: [inputs], origin: origin)
    let layers = try document.member("layers").list()
    guard !layers.isEmpty else { throw document.error("the network has no layers") }
    var operand = inputType
    var width = inputs
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      let bits = try isLast ? outputType.width : layer.member("bits").integer(in: 1...16, "the number of bits")
      var sums = TableSum(inputCount: width, outputCount: try layer.member("neurons").list().count)
      for (output, neuron) in try layer.member("neurons").list().enumerated() {
        let sources = try neuron.member("inputs").integers()
        guard sources.allSatisfy({ (0..<width).contains($0) }),
          sources.count * operand.width <= TableSum.mostAddressBits
        else { throw neuron.error("a neuron reads elements that do not exist, or too many bits") }
        let codes = try codes(neuron.member("table"), address: sources.count * operand.width, bits: bits)
        let isOffset = coding == .offset && index == 0 && inputType.isSigned
        let entries = codes.indices.map { address -> Int64 in
          // An offset code is the pattern with its highest bit inverted.
          let flips = isOffset ? sources.indices.reduce(0) { $0 | 1 << (($1 + 1) * operand.width - 1) } : 0
          return number(codes[address ^ flips], isLast: isLast)
        }
        sums.tables.append(TableSum.Table(entries: entries, fractionBits: isLast ? outputType.fractionBits : 0))
        // The first source stands in the highest bits.
        let operands = sources.reversed().map { TableSum.Operand(input: $0, type: operand) }
        sums.edges.append(TableSum.Edge(operands: operands, output: output, table: output))
      }
      guard sums.outputCount > 0 else { throw layer.error("the layer has no neurons") }
      value = graph.append(
        .tableSum(sums),
        named: "layer\(index)",
        inputs: [value],
        shape: [sums.outputCount],
        origin: origin.at("layer \(index)"),
        layerClass: "TruthTables"
      )
      operand = FixedPointType(width: bits, integerBits: bits, isSigned: false)
      width = sums.outputCount
    }
    graph.outputs = [value]
    return graph
  }

  /// What a table holds; a code that no address leads to is zero.
  private func codes(_ member: DocumentValue, address: Int, bits: Int) throws -> [Int] {
    let codes = try member.list().map { entry in
      if case .null = entry.content { return 0 }
      return try entry.integer(in: 0...(1 << bits) - 1, "a code")
    }
    guard codes.count == 1 << address else {
      throw member.error("a table of \(codes.count) codes for an address of \(address) bits")
    }
    return codes
  }

  private func number(_ code: Int, isLast: Bool) -> Int64 {
    guard isLast else { return Int64(code) }
    let flip = coding == .offset && outputType.isSigned ? 1 << (outputType.width - 1) : 0
    return Int64(truncatingIfNeeded: outputType.wrapped(Int128(code ^ flip)))
  }
}
