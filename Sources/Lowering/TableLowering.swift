import FixedPoint
import FixedPointIR
import NetlistIR

/// What becomes of a table's entry on its way into a type: the ROM holds the result.
struct EntryFolding: Hashable, Sendable {
  var scale: ExactValue?
  var type: FixedPointType

  /// The raw result, or nil where a ROM's word cannot hold it.
  func result(_ entry: Int64, of table: LookupTable) -> Int64? {
    var value = ExactValue(raw: Int128(entry), fractionBits: table.type.fractionBits)
    if let scale { value = value * scale }
    return Int64(exactly: type.quantize(raw: value.raw, fractionBits: value.fractionBits).raw)
  }
}

/// The places where a table is read.
struct TableSite {
  var table: AddressedTable
  /// The grid of the argument, on which addresses are defined.
  var fractionBits: Int
  /// The type that entries are quantised to.
  var folding: EntryFolding
  var name: String
  /// Only negative arguments matter.
  var isForNegatives = false
}

extension GraphLowering {
  mutating func tableOutputs(_ table: AddressedTable, _ node: FixedNode) -> [ValueID] {
    (0..<graph[node.output].count).map { i in
      builder.element = Int32(i)
      let site = TableSite(
        table: table,
        fractionBits: graph[node.inputs[0]].types[i].fractionBits,
        folding: EntryFolding(type: outputType(node, i)),
        name: "\(node.name)_table"
      )
      return lookup(site, at: x(node, i))
    }
  }

  mutating func exponentialUnitOutputs(_ rule: ExponentialUnitOperation, _ node: FixedNode) -> [ValueID] {
    (0..<graph[node.output].count).map { i in
      builder.element = Int32(i)
      let x = x(node, i)
      let type = outputType(node, i)
      let site = TableSite(
        table: rule.exponential,
        fractionBits: graph[node.inputs[0]].types[i].fractionBits,
        folding: EntryFolding(scale: rule.negativeScale.value(at: i), type: type),
        name: "\(node.name)_exponential",
        isForNegatives: true
      )
      let isNegative = x.range.upper < 0 ? builder.constant(1) : builder.isNegative(x.id)
      let scaled = product(x, rule.positiveScale.value(at: i))
      let above = ScaledValue(
        id: scaled.id,
        fractionBits: scaled.fractionBits,
        range: rule.positiveScale[i] < 0
          ? Interval(min(scaled.range.lower, 0), 0) : Interval(0, max(scaled.range.upper, 0))
      )
      // Both branches are quantised by themselves: the table's in its ROM.
      let upper = builder.requantize(above, to: type)
      let lower = x.range.lower >= 0 ? upper : lookup(site, at: x)
      return builder.select(isNegative, lower, upper)
    }
  }

  /// The raw result of a table for an argument, in the type of the folding.
  mutating func lookup(_ site: TableSite, at x: ScaledValue) -> ValueID {
    guard let function = folded(site) else { return unfolded(site, at: x) }
    return read(site, function, at: x)
  }

  /// The entries as the ROM holds them, or nil where a word is too small for them.
  private func folded(_ site: TableSite) -> [Int64]? {
    var results: [Int64] = []
    for entry in site.table.table.entries {
      guard let result = site.folding.result(entry, of: site.table.table) else { return nil }
      results.append(result)
    }
    return results
  }

  /// The entry itself, then its scale and its type in gates.
  private mutating func unfolded(_ site: TableSite, at x: ScaledValue) -> ValueID {
    let id = read(site, site.table.table.entries, at: x)
    let entry = builder.scaled(id, fractionBits: site.table.table.type.fractionBits)
    let value = site.folding.scale.map { product(entry, $0) } ?? entry
    return builder.requantize(value, to: site.folding.type)
  }

  private mutating func read(_ site: TableSite, _ entries: [Int64], at x: ScaledValue) -> ValueID {
    let known = x.range(on: site.fractionBits)
    let domain = site.isForNegatives ? Interval(min(known.lower, -1), -1) : known
    let direct = directPlan(site, entries, domain: domain, arguments: known)
    let argument = argument(site.table.addressing, of: x, fractionBits: site.fractionBits)
    let arguments = argument.q.range
    let needed = site.isForNegatives ? argument.negativePart(arguments) : arguments
    let function = argument.function(entries, limitedTo: needed)
    let decoded = function.map { function in
      TablePlan.cheapest(for: function, arguments: arguments, isOutsideFree: false)
    }
    if let direct, direct.cost <= decoded.map({ $0.cost + argument.cost }) ?? .max {
      let raw = builder.raw(of: x, on: site.fractionBits)
      return builder.read(direct, at: builder.narrowed(raw, to: known), name: site.name)
    }
    guard let decoded else { preconditionFailure("a table's entries fit into one ROM") }
    return builder.read(decoded, at: builder.narrowed(argument.q.id, to: arguments), name: site.name)
  }

  /// A ROM over the argument itself, where it has few values.
  private func directPlan(
    _ site: TableSite,
    _ entries: [Int64],
    domain: Interval,
    arguments: Interval
  ) -> TablePlan? {
    guard domain.upper - domain.lower < 4096 else { return nil }
    let results = (0...Int(domain.upper - domain.lower)).map { step in
      entries[site.table.index(ofRaw: domain.lower + Int128(step), fractionBits: site.fractionBits)]
    }
    return TablePlan.cheapest(
      for: TabulatedFunction(entries: results, first: domain.lower),
      arguments: arguments,
      isOutsideFree: site.isForNegatives
    )
  }
}

extension TableArgument {
  /// About how many look-up tables the rounding of the argument costs.
  fileprivate var cost: Int { q.range.lower < 0 ? q.range.bitWidth : 0 }

  /// The part of the arguments that negative numbers reach.
  fileprivate func negativePart(_ arguments: Interval) -> Interval {
    wrappingBits == nil ? Interval(arguments.lower, max(arguments.lower, min(arguments.upper, 0))) : arguments
  }

  /// The table as a function of `q`, or nil where it has too many arguments to be one ROM.
  fileprivate func function(_ entries: [Int64], limitedTo range: Interval) -> TabulatedFunction? {
    let table = domain(count: entries.count)
    let reached = Interval(table.nearest(to: range.lower), table.nearest(to: range.upper))
    guard reached.upper - reached.lower < 1 << 24 else { return nil }
    let results = (0...Int(reached.upper - reached.lower)).map { step in
      entries[index(reached.lower + Int128(step), count: entries.count)]
    }
    return TabulatedFunction(entries: results, first: reached.lower)
  }
}
