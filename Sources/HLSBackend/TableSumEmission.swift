import Diagnostics
import FixedPoint
import FixedPointIR

/// Straight-line code of a sum of tables: the codes of all operands, then one sum of entries for each output.
struct TableSumEmission {
  let layer: LayerEmission
  let sums: TableSum

  /// Sums are machine words in C simulation.
  private static let machineBits = 62

  func code() throws -> LayerCode {
    var code = LayerCode()
    code.summary = "\(sums.edges.count) tables"
    code.library = "fixed_point"
    let operands = sums.operands.filter { $0.type.width > 0 }
    var codes: [TableSum.Operand: String] = [:]
    for (index, operand) in operands.enumerated() {
      codes[operand] = "code\(index)"
      // Symmetric types leave one pattern out, which they cannot be without a bit beside the sign.
      if operand.type.isSigned, operand.type.width == 1, operand.type.overflow == .saturateSymmetric {
        code.body.append(.variable(type: "const unsigned", name: "code\(index)", value: "0"))
        continue
      }
      code.type("code\(index)_t", CppText.type(operand.type))
      let number = "tricot::convert<\(layer.configuration)::code\(index)_t>(x[\(operand.input)])"
      let mask = (1 << operand.type.width) - 1
      code.body.append(
        .variable(
          type: "const unsigned",
          name: "code\(index)",
          value: "(unsigned)(int)tricot::raw(\(number)) & \(mask)"
        )
      )
    }
    for index in Set(sums.edges.map(\.table)).sorted() {
      code.constants += CppText.constant("\(layer.name)_table\(index)", sums.tables[index].entries, isArray: true)
    }
    for (output, edges) in sums.edgesByOutput.enumerated() { try add(edges, output, codes, to: &code) }
    return code
  }

  private func add(
    _ edges: [TableSum.Edge],
    _ output: Int,
    _ codes: [TableSum.Operand: String],
    to code: inout LayerCode
  ) throws {
    let grid = sums.fractionBits(of: edges)
    var range = Interval(0)
    var terms: [String] = []
    for edge in edges {
      let table = sums.tables[edge.table]
      guard table.entries.contains(where: { $0 != 0 }) else { continue }
      let entries = Interval(Int128(table.entries.min() ?? 0), Int128(table.entries.max() ?? 0))
      range = range + entries.union(Interval(0)).shifted(by: grid - table.fractionBits)
      var shift = 0
      var parts: [String] = []
      for operand in edge.operands {
        if let name = codes[operand] { parts.append(shift == 0 ? name : "(\(name) << \(shift))") }
        shift += operand.type.width
      }
      let entry = "\(layer.name)_table\(edge.table)[\(parts.isEmpty ? "0" : parts.joined(separator: " | "))]"
      let lift = grid - table.fractionBits
      terms.append(lift == 0 ? "(long long)\(entry)" : "(long long)\(entry) * (1LL << \(lift))")
    }
    let bits = max(1, range.bitWidth + (range.lower < 0 ? 0 : 1))
    guard bits <= Self.machineBits else {
      throw Diagnostic.error(
        "too-wide",
        "layer '\(layer.node.name)' (\(layer.node.kind)) needs more than \(Self.machineBits) bits for its sums",
        at: layer.node.origin,
        hint: "use \(option: .backend, "verilog")"
      )
    }
    code.type("sum\(output)_t", CppText.type(FixedPointType(width: bits, integerBits: bits - grid)))
    let raw = terms.isEmpty ? "0LL" : terms.joined(separator: " + ")
    code.body += [
      .variable(type: "const long long", name: "sum\(output)", value: raw, isBroken: true),
      layer.result("\(output)", "tricot::from_raw<\(layer.configuration)::sum\(output)_t>(sum\(output))"),
    ]
  }
}
