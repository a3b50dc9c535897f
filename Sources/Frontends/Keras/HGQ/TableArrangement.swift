import FixedPoint
import ModelIR

/// Where the edges of a table layer stand: every element of the tensor that is summed is an edge.
///
/// Axes have labels, as in an einsum: those of the input, of the kernel, and of the output; the batch is left out.
struct TableArrangement {
  var left: [String]
  var kernel: [String]
  var output: [String]
  var extents: [String: Int]
  /// By element of the left tensor, the element of the layer's input, or nil where it is padding; nil: the same elements.
  var patches: [Int?]?
  /// The axes along which a normalisation goes.
  var channels: [String] = []

  /// One edge.
  struct Edge: Hashable {
    /// The element of the left tensor.
    var source: Int
    var kernel: Int
    var output: Int
    var channel: Int
    /// Its place in the tensor that is summed, in the order of the quantisers' axes.
    var term: Int
  }

  /// The axes before the sum: those of the input, then those that only the kernel has.
  var terms: [String] { left + kernel.filter { !left.contains($0) } }
  /// The axes of positions, which the kernel knows nothing of.
  var positions: [String] { output.filter { left.contains($0) && !kernel.contains($0) } }
  /// How many terms an output has.
  var termCount: Int { count(terms.filter { !output.contains($0) }) }

  func shape(_ labels: [String]) -> [Int] { labels.map { extents[$0] ?? 1 } }
  func count(_ labels: [String]) -> Int { shape(labels).reduce(1, *) }

  /// For every combination of labels, in order, the element of a tensor with these axes; other labels do not move it.
  func elements(_ labels: [String], of axes: [String]) -> [Int] {
    let strides = Dictionary(zip(axes, TensorLayout.strides(shape(axes)))) { first, _ in first }
    return TensorLayout.sources(shape(labels), strides: labels.map { strides[$0] ?? 0 })
  }

  /// By position, its edges, in the same order everywhere.
  func edges() -> [[Edge]] {
    let order = positions + terms.filter { !positions.contains($0) }
    let sources = elements(order, of: left)
    let kernels = elements(order, of: kernel)
    let outputs = elements(order, of: output)
    let channels = elements(order, of: channels)
    let places = elements(order, of: terms)
    let length = count(order) / max(count(positions), 1)
    return (0..<count(positions)).map { position in
      (position * length..<(position + 1) * length).map { index in
        Edge(
          source: sources[index],
          kernel: kernels[index],
          output: outputs[index],
          channel: channels[index],
          term: places[index]
        )
      }
    }
  }
}

extension LayerNetwork {
  /// Adds the tables of a layer: those of one position for all of them where they are the same, else each position its own.
  ///
  /// - Parameter tables: makes the operand's type and the table of an edge; nil: the edge adds nothing.
  mutating func appendTables(
    _ arrangement: TableArrangement,
    of input: Value,
    table: (TableArrangement.Edge) throws -> (FixedPointType, TableSum.Table)?
  ) throws -> Value {
    let rows = arrangement.edges()
    var made: [[(edge: TableArrangement.Edge, type: FixedPointType, table: TableSum.Table)?]] = []
    for row in rows { made.append(try row.map { edge in try table(edge).map { (edge, $0.0, $0.1) } }) }
    let isShared =
      rows.count > 1
      && made.dropFirst().allSatisfy { row in
        zip(row, made[0]).allSatisfy { $0?.type == $1?.type && $0?.table == $1?.table }
      }
    let shape = arrangement.shape(arrangement.output)
    let result = shape.isEmpty ? [1] : shape
    let positions = arrangement.positions
    let inside = arrangement.left.filter { !positions.contains($0) }
    let features = arrangement.output.filter { !positions.contains($0) }
    if isShared {
      var sums = TableSum(inputCount: arrangement.count(inside), outputCount: arrangement.count(features))
      let own = arrangement.elements(positions + inside, of: arrangement.left)
      let places = Dictionary(own.prefix(sums.inputCount).enumerated().map { ($1, $0) }) { first, _ in first }
      let targets = arrangement.elements(positions + features, of: arrangement.output)
      let outputs = Dictionary(targets.prefix(sums.outputCount).enumerated().map { ($1, $0) }) { first, _ in first }
      var known: [TableSum.Table: Int] = [:]
      for case (let edge, let type, let table)? in made[0] {
        sums.append(table, type, from: places[edge.source] ?? 0, to: outputs[edge.output] ?? 0, &known)
      }
      let argument = gathered(input, own.map { arrangement.element($0) }, [rows.count, sums.inputCount])
      let value = append(.tableSum(sums), nil, [argument], shape: [rows.count, sums.outputCount])
      return gather(
        value,
        arrangement.elements(arrangement.output, of: positions + features),
        suffix: "order",
        shape: result
      )
    }
    let count = self.shape(of: input).reduce(1, *)
    var sums = TableSum(inputCount: count, outputCount: arrangement.count(arrangement.output))
    var known: [TableSum.Table: Int] = [:]
    for case (let edge, let type, let table)? in made.joined() {
      if let source = arrangement.element(edge.source) {
        sums.append(table, type, from: source, to: edge.output, &known)
      } else {
        // A zero around the input: its code is that of no bits at all.
        let constant = TableSum.Table(entries: [table.entries[0]], fractionBits: table.fractionBits)
        sums.append(constant, FixedPointType(width: 0, integerBits: 0), from: 0, to: edge.output, &known)
      }
    }
    let argument = gather(input, Array(0..<count), suffix: "flat", shape: [count])
    let value = append(.tableSum(sums), nil, [argument], shape: [sums.outputCount])
    return gather(value, Array(0..<sums.outputCount), suffix: "shape", shape: result)
  }

  /// Elements of a tensor and zeros where there is none.
  private mutating func gathered(_ value: Value, _ sources: [Int?], _ shape: [Int]) -> Value {
    let count = self.shape(of: value).reduce(1, *)
    if sources.allSatisfy({ $0 != nil }) {
      return gather(value, sources.compactMap { $0 }, suffix: "argument", shape: shape)
    }
    let flat = gather(value, Array(0..<count), suffix: "flat", shape: [count])
    let padded = append(.pad(PaddingLayer(before: [0], after: [1], value: 0)), "padded", [flat], shape: [count + 1])
    return gather(padded, sources.map { $0 ?? count }, suffix: "argument", shape: shape)
  }
}

extension TableArrangement {
  /// The element of the layer's input that an element of the left tensor is; nil for padding.
  fileprivate func element(_ source: Int) -> Int? { if let patches { patches[source] } else { source } }
}

extension TableSum {
  /// Adds an edge of one operand; equal tables are held once.
  fileprivate mutating func append(
    _ table: Table,
    _ type: FixedPointType,
    from input: Int,
    to output: Int,
    _ known: inout [Table: Int]
  ) {
    let index = known[table] ?? tables.count
    if index == tables.count {
      known[table] = index
      tables.append(table)
    }
    let operands = type.width == 0 ? [] : [Operand(input: input, type: type)]
    edges.append(Edge(operands: operands, output: output, table: index))
  }
}
