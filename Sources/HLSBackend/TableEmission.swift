import Diagnostics
import FixedPoint
import FixedPointIR

extension LayerEmission {
  func tableCode(_ table: AddressedTable) throws -> LayerCode {
    var code = elementwise("a function read from a table of \(table.table.entries.count) entries")
    code.library = "table"
    let entries = try add(table, named: "table", entry: "entry_t", address: "address", of: arguments(0), to: &code)
    code.body = [call(.lookup, [entries])]
    return code
  }

  func exponentialUnitCode(_ rule: ExponentialUnitOperation) throws -> LayerCode {
    var code = elementwise("x >= 0 ? positive * x : negative * table[x]")
    code.library = "table"
    let entries = try add(
      rule.exponential,
      named: "table",
      entry: "entry_t",
      address: "address",
      of: arguments(0),
      to: &code
    )
    let table = rule.exponential.table
    let entry = ExactRange(
      raw: Interval(Int128(table.entries.min() ?? 0), Int128(table.entries.max() ?? 0)),
      fractionBits: table.type.fractionBits
    )
    let ranges = (0..<count).flatMap {
      [range($0) * rule.positiveScale.range(at: $0), entry * rule.negativeScale.range(at: $0)]
    }
    code.type("value_t", CppText.type(.containing(ranges)))
    let scales = [add(rule.positiveScale, "positive", to: &code), add(rule.negativeScale, "negative", to: &code)]
    code.body = [call(.exponentialUnit, [entries] + scales)]
    return code
  }

  /// What addresses a table: a C++ type.
  struct TableArgument {
    var type: FixedPointType
    /// Whether elements of several types stand in it, some of them on grids coarser than one.
    var hasCoarseElements = false
  }

  /// The elements of an input as arguments of a table.
  func arguments(_ input: Int) -> TableArgument {
    let types = inputTypes(input)
    let isCoarse = types.uniform == nil && types.all.contains { $0.width > 0 && $0.fractionBits < 0 }
    return TableArgument(type: container(input), hasCoarseElements: isCoarse)
  }

  /// Adds a table with its entries' type and its address rule; returns the name of the entries.
  func add(
    _ table: AddressedTable,
    named ending: String,
    entry: String,
    address: String,
    of argument: TableArgument,
    to code: inout LayerCode
  ) throws -> String {
    let type = table.table.type.with(rounding: .truncate, overflow: .wrap)
    try requireBits(type, "table")
    let constant = "\(name)_\(ending)"
    code.type(entry, CppText.type(type))
    code.type(address, try addressRule(table, of: argument))
    code.constants += CppText.constant(constant, table.table.entries, isArray: true)
    return constant
  }

  private func addressRule(_ table: AddressedTable, of argument: TableArgument) throws -> String {
    let size = table.table.entries.count
    // Room for the argument, for the last address, and for what is added to either.
    func word(_ bits: Int, and value: Int64) -> String {
      let sizeBits = Int.bitWidth - size.leadingZeroBitCount
      return "ap_int<\(max(bits, sizeBits + 1, Interval(Int128(value)).bitWidth + 1) + 2)>"
    }
    let width = argument.type.width
    switch table.addressing {
    case .scaled(let rule):
      if argument.hasCoarseElements {
        throw Diagnostic.error(
          "mixed-binary-points",
          """
          the table of layer '\(node.name)' (\(node.kind)) is addressed by elements of several types, some with steps \
          above one
          """,
          at: node.origin,
          hint: "give its input one type, or use \(option: .backend, "verilog")"
        )
      }
      let up = min(max(0, -argument.type.fractionBits), 32)
      let bits = width + Interval(Int128(rule.multiplier)).bitWidth + up + 1
      return "tricot::scaled_address<\(size), \(word(bits, and: rule.offset)), \(rule.multiplier), \(rule.rangeLog2), "
        + "\(rule.offset)>"
    case .linear(let base, let shift):
      let bits = width + 1 + max(0, -shift)
      return "tricot::linear_address<\(size), \(word(bits, and: base)), \(base), \(min(shift, width))>"
    case .leadingBits(let bits, let width):
      return bits == 0
        ? "tricot::leading_bits_address<0, 1>" : "tricot::leading_bits_address<\(bits), \(width)>"
    }
  }
}
