import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Functions as look-up tables.
extension TrainedGraphBuilder {
  func table(_ function: PendingFunction, _ group: FunctionGroup) throws -> AddressedTable {
    guard group.size <= Int128(Self.largestTable) else {
      throw Diagnostic.error(
        "table-too-large",
        "'\(function.name)' would need a table of \(group.size) entries; the limit is \(Self.largestTable)",
        at: function.origin,
        hint: "train it with fewer bits in its input quantiser"
      )
    }
    let values = (0..<Int(group.size)).map { index in
      function.result(
        of: ConstantQuantization.scaled(Double(group.arguments.lower + Int128(index)), by: -group.fractionBits),
        element: group.elements[0]
      )
    }
    let type: FixedPointType
    let entries: [Int64]
    if let wanted = group.type {
      type = wanted
      entries = values.map { Int64(truncatingIfNeeded: wanted.quantize($0.isNaN ? 0 : $0).raw) }
      guard wanted.width <= 63 else { throw tooWide(function) }
      reportDoubtfulEntries(function, values, type)
    } else {
      guard let exact = ExactConstants.raw(values) else { throw tooWide(function) }
      entries = exact.raw
      let range = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0))
      type = .containing(range, fractionBits: exact.fractionBits)
    }
    return AddressedTable(
      table: LookupTable(entries: entries, type: type),
      addressing: .linear(base: Int64(truncatingIfNeeded: group.arguments.lower), shift: 0)
    )
  }

  private func tooWide(_ function: PendingFunction) -> Diagnostic {
    .error(
      "too-wide",
      "the results of '\(function.name)' do not fit 63 bits",
      at: function.origin,
      hint: "quantise its results to fewer bits"
    )
  }

  /// The framework's functions may be off by two units in the last place, which matters next to a rounding boundary.
  private func reportDoubtfulEntries(_ function: PendingFunction, _ values: [Double], _ type: FixedPointType) {
    guard !function.isExact else { return }
    let doubtful = values.count { value in
      let single = Float(value)
      guard single.isFinite, single != 0, Double(single) == value else { return false }
      let raw = type.quantize(value).raw
      return [single.nextUp.nextUp, single.nextDown.nextDown].contains { type.quantize(Double($0)).raw != raw }
    }
    guard doubtful > 0 else { return }
    log.report(
      .warning(
        "doubtful-table-entries",
        "\(doubtful) of \(values.count) entries of '\(function.name)' lie within two float32 steps of a rounding "
          + "boundary: the framework may round them to the other side",
        at: function.origin
      )
    )
  }

  mutating func gather(
    _ function: PendingFunction,
    _ elements: [Int],
    shape: [Int],
    from argument: FixedTensorID
  ) -> FixedTensorID {
    append(
      .gather(GatherOperation(sources: elements.map { .init(input: 0, element: $0) })),
      named: uniqueName("\(function.name)_argument"),
      kind: function.kind,
      inputs: [argument],
      shape: shape,
      types: ElementTypes(each: elements.map { graph[argument].types[$0] }),
      origin: function.origin
    )
  }

  mutating func append(
    _ table: AddressedTable,
    for function: PendingFunction,
    input: FixedTensorID,
    shape: [Int],
    named name: String
  ) -> FixedTensorID {
    append(
      .table(table),
      named: name,
      kind: function.kind,
      inputs: [input],
      shape: shape,
      types: ElementTypes(uniform: table.table.type, count: shape.reduce(1, *)),
      origin: function.origin
    )
  }
}
