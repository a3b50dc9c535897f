import DataFiles
import Diagnostics
import FixedPoint
import ModelIR

/// KANELÉ's `truth_tables.json`: a table for every edge `l_j_k` of a network, and its `config.json`.
///
/// Inputs are unsigned codes, outputs integers in units of the last scale. Every sum is clamped to its layer's signed type, the last one
/// too; the code of a clamped sum is the sum plus half its range.
struct KANTables {
  private let document: DocumentValue
  private let widths: [Int]
  private let bits: [Int]

  static func recognises(_ document: DocumentValue) -> Bool { document["0_0_0"]?["values_int"] != nil }

  init(_ document: DocumentValue, configuration: DocumentValue) throws {
    self.document = document
    let layers = try configuration.member("layers")
    let bitWidths = try configuration.member("layers_bitwidth")
    widths = try layers.integers()
    bits = try bitWidths.integers()
    guard widths.count >= 2, widths.count == bits.count else {
      throw layers.error("\(widths.count) layers have \(bits.count) bit widths")
    }
    guard widths.allSatisfy({ (1...ShapeInference.elementLimit).contains($0) }) else {
      throw layers.error("a layer has no elements, or too many")
    }
    guard bits.allSatisfy({ (1...TableSum.mostAddressBits).contains($0) }) else {
      throw bitWidths.error("bit widths go from 1 to \(TableSum.mostAddressBits)")
    }
    let edges = zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    guard edges == document.keys.count else {
      throw document.error("the file has \(document.keys.count) tables for the \(edges) edges of its configuration")
    }
  }

  func graph() throws -> ModelGraph {
    var graph = ModelGraph(name: TableFrontend.stem(of: document.file), source: .tables)
    let origin = document.origin
    var value = graph.append(.input, named: "x", inputs: [], shape: [widths[0]], origin: origin)
    for layer in 0..<widths.count - 1 {
      value = graph.append(
        .tableSum(try sums(layer)),
        named: "layer\(layer)",
        inputs: [value],
        shape: [widths[layer + 1]],
        origin: origin.at("layer \(layer)"),
        layerClass: "KANLayer"
      )
    }
    value = graph.append(
      .quantize(TensorQuantizer(types: [type(widths.count - 1)])),
      named: "clamp",
      inputs: [value],
      shape: [widths[widths.count - 1]],
      origin: origin
    )
    graph.outputs = [value]
    return graph
  }

  /// What addresses the tables of a layer.
  private func type(_ layer: Int) -> FixedPointType {
    FixedPointType(width: bits[layer], integerBits: bits[layer], isSigned: layer > 0, overflow: .saturate)
  }

  private func sums(_ layer: Int) throws -> TableSum {
    let count = 1 << bits[layer]
    // Tables count sums from the least one on, patterns from zero.
    let offset = layer == 0 ? 0 : count / 2
    var sums = TableSum(inputCount: widths[layer], outputCount: widths[layer + 1])
    var known: [TableSum.Table: Int] = [:]
    for input in 0..<widths[layer] {
      for output in 0..<widths[layer + 1] {
        let edge = try document.member("\(layer)_\(input)_\(output)")
        // The file's own spelling, and the word that it means.
        guard let active = edge["acive"] ?? edge["active"] else { throw edge.error("'acive' is missing") }
        guard try active.integer(in: 0...1, "'acive'") == 1 else { continue }
        let member = try edge.member("values_int")
        let values = try member.integers()
        guard values.count == count else {
          throw member.error("\(values.count) values for a code of \(bits[layer]) bits")
        }
        guard values.allSatisfy({ abs($0) < 1 << 50 }) else { throw member.error("a value is beyond all sums") }
        let entries = (0..<count).map { Int64(values[$0 ^ offset]) }
        let table = TableSum.Table(entries: entries, fractionBits: 0).reduced
        let index = known[table] ?? sums.tables.count
        if index == sums.tables.count {
          known[table] = index
          sums.tables.append(table)
        }
        let operand = TableSum.Operand(input: input, type: type(layer))
        sums.edges.append(TableSum.Edge(operands: [operand], output: output, table: index))
      }
    }
    return sums
  }
}
