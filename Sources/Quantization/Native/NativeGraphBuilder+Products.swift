import FixedPoint
import FixedPointIR
import ModelIR

// What multiplies tensors by tensors, and what reads tables by index.
extension NativeGraphBuilder {
  /// A kernel for one element of the result, fired at all: the products along the axes that are summed over, and their sum.
  mutating func addProduct(_ node: ModelNode, _ product: TensorProduct) {
    let inputs = node.inputs.map { quantized($0) }
    let places = ProductDomain(product, shapes: node.inputs.map { model[$0].shape })
    var builder = KernelBuilder(
      node.name,
      operands: zip(inputs, places.accesses).map { id, access in
        (graph[id], analysis[id], access)
      },
      origin: node.origin,
      implementation: implementation(of: node)
    )
    let result = builder.appendProduct(terms: places.terms)
    let map = MapOperation(
      domain: places.domain,
      body: builder.body(returning: result),
      accesses: places.accesses
    )
    let this = self
    append(.map(map), for: node, inputs: inputs) { this.resultTypes(of: node, $0) }
  }

  /// A table for every column, read by all numbers; then the columns side by side.
  mutating func addEmbedding(_ node: ModelNode, _ layer: EmbeddingLayer) {
    let input = aligned(node)
    let grid = graph[input].types.alignmentFractionBits
    let count = graph[input].count
    let bits = activationBits(of: node) + 1
    let places = ConstantQuantization.fractionBits(forMagnitude: layer.table.values.map(abs).max() ?? 0, bits: bits)
    let addressing = TableAddressing.linear(base: 0, shift: max(grid, 0))
    let shape = model[node.inputs[0]].shape
    let columns = (0..<layer.rowSize).map { column -> FixedTensorID in
      var entries = (0..<layer.rowCount).map { row in
        ConstantQuantization.raw(layer.table.values[row * layer.rowSize + column], fractionBits: places)
      }
      // On the coarsest grid that holds them all: flags are single bits.
      let shared = entries.filter { $0 != 0 }.map(\.trailingZeroBitCount).min() ?? 0
      entries = entries.map { $0 >> shared }
      let places = places - shared
      let range = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0))
      let type = FixedPointType.containing(range, fractionBits: places)
      let table = LookupTable(entries: entries, type: type)
      return append(
        .table(AddressedTable(table: table, addressing: addressing)),
        for: node,
        suffix: "column\(column)",
        shape: shape,
        inputs: [input]
      ) { Self.exactTypes($0) }
    }
    let sources = (0..<count).flatMap { position in
      columns.indices.map { GatherOperation.Source(input: $0, element: position) }
    }
    let types = ElementTypes(each: sources.map { graph[columns[$0.input]].types[$0.element] })
    append(.gather(GatherOperation(sources: sources)), for: node, inputs: columns) { _ in types }
  }
}
