import DataFiles
import Diagnostics
import FixedPoint
import ModelIR

/// A weightless network (DWN): bits that tell which thresholds a feature exceeds, layers of small tables over bits, and for each class
/// how many of its nodes are one.
struct DWNTables {
  static let kind = "dwn"

  private let document: DocumentValue
  private let thresholds: [[Double]]
  private let layers: [[Node]]
  private let classes: Int

  /// One table over bits of the layer before; slot `l` of the mapping is bit `l` of the address.
  private struct Node {
    var sources: [Int]
    var entries: [Int64]
  }

  /// Address bits of a node.
  private static let slots = 1...12

  init(_ document: DocumentValue) throws {
    self.document = document
    let features = try document.member("inputs").integer(in: 1...ShapeInference.elementLimit, "the number of features")
    let rows = try document.member("thresholds")
    thresholds = try rows.list().map { try $0.numbers() }
    guard thresholds.count == features else {
      throw rows.error("thresholds of \(thresholds.count) features for \(features)")
    }
    guard thresholds.joined().allSatisfy({ abs($0) <= Double(Float.greatestFiniteMagnitude) }) else {
      throw rows.error("a threshold is no number of single precision")
    }
    var width = thresholds.reduce(0) { $0 + $1.count }
    var layers: [[Node]] = []
    for layer in try document.member("layers").list() {
      let nodes = try Self.nodes(layer, bits: width)
      layers.append(nodes)
      width = nodes.count
    }
    self.layers = layers
    let names = try document.member("classes")
    classes = try names.list().count
    guard classes > 0, !layers.isEmpty, width % classes == 0 else {
      throw names.error("\(width) nodes of the last layer are no equal groups for \(classes) classes")
    }
  }

  private static func nodes(_ layer: DocumentValue, bits: Int) throws -> [Node] {
    let mapping = try layer.member("mapping").list()
    let tables = try layer.member("tables").list()
    guard mapping.count == tables.count, !mapping.isEmpty else {
      throw layer.error("\(tables.count) tables for \(mapping.count) nodes")
    }
    return try zip(mapping, tables).map { mapping, table in
      let sources = try mapping.integers()
      guard slots.contains(sources.count), sources.allSatisfy({ (0..<bits).contains($0) }) else {
        throw mapping.error("a node reads bits that do not exist, or none, or more than \(slots.upperBound)")
      }
      let text = try table.string()
      let entries = text.utf8.map { $0 == UInt8(ascii: "1") ? Int64(1) : 0 }
      guard entries.count == 1 << sources.count, text.utf8.allSatisfy({ "01".utf8.contains($0) }) else {
        throw table.error("a table of \(sources.count) bits is a text of \(1 << sources.count) zeros and ones")
      }
      return Node(sources: sources, entries: entries)
    }
  }

  func graph() throws -> ModelGraph {
    var graph = ModelGraph(name: TableFrontend.stem(of: document.file), source: .tables)
    let origin = document.origin
    let input = graph.append(.input, named: "x", inputs: [], shape: [thresholds.count], origin: origin)
    // Bits that nobody reads are not made.
    let read = Set(layers[0].flatMap(\.sources)).sorted()
    let places = Dictionary(read.enumerated().map { ($1, $0) }) { first, _ in first }
    var value = encoding(of: read, input, in: &graph, origin)
    var inputs = read.count
    for (index, nodes) in layers.enumerated() {
      let isLast = index == layers.count - 1
      let group = nodes.count / classes
      var sums = TableSum(inputCount: inputs, outputCount: isLast ? classes : nodes.count)
      let bit = FixedPointType(width: 1, integerBits: 1, isSigned: false)
      for (number, node) in nodes.enumerated() {
        let operands = node.sources.map {
          TableSum.Operand(input: index == 0 ? places[$0] ?? 0 : $0, type: bit)
        }
        sums.tables.append(TableSum.Table(entries: node.entries, fractionBits: 0))
        sums.edges.append(
          TableSum.Edge(operands: operands, output: isLast ? number / group : number, table: number)
        )
      }
      value = graph.append(
        .tableSum(sums),
        named: "layer\(index)",
        inputs: [value],
        shape: [sums.outputCount],
        origin: origin.at("layer \(index)"),
        layerClass: "LUTLayer"
      )
      inputs = nodes.count
    }
    graph.outputs = [value]
    return graph
  }

  /// The bits `feature > threshold`, of features in types that lose no comparison of single precision.
  private func encoding(of bits: [Int], _ input: TensorID, in graph: inout ModelGraph, _ origin: Origin) -> TensorID {
    var limits: [[ThermometerLimit]] = thresholds.map { _ in [] }
    var trees: [DecisionTree] = []
    let features = thresholds.indices.flatMap { feature in thresholds[feature].map { (feature, $0) } }
    for (output, bit) in bits.enumerated() {
      let (feature, threshold) = features[bit]
      let limit = ThermometerLimit(above: threshold)
      limits[feature].append(limit)
      let split = TreeSplit(feature: feature, threshold: limit.value, comparison: .less, left: 1, right: 2)
      trees.append(
        DecisionTree(nodes: [.split(split), .leaf(0), .leaf(1)], outputs: [output], leafValues: [0, 1])
      )
    }
    let types = limits.map(ThermometerLimit.type)
    let rounded = graph.append(
      .quantize(TensorQuantizer(types: types)),
      named: "features",
      inputs: [input],
      shape: [thresholds.count],
      origin: origin
    )
    let ensemble = TreeEnsemble(
      featureCount: thresholds.count,
      trees: trees,
      base: [Double](repeating: 0, count: bits.count),
      featurePrecision: .float32
    )
    return graph.append(
      .treeEnsemble(ensemble),
      named: "thermometer",
      inputs: [rounded],
      shape: [bits.count],
      origin: origin,
      layerClass: "Thermometer"
    )
  }
}

/// The number of fewest bits that parts the numbers of single precision above a threshold from those that are not.
struct ThermometerLimit {
  /// Numbers above the threshold are not less than this.
  let value: Double
  let fractionBits: Int

  init(above threshold: Double) {
    // Of numbers of single precision, those above the threshold begin here.
    var next = Float(threshold)
    if Double(next) <= threshold { next = next.nextUp }
    let first = Double(next)
    var places = -60
    while true {
      let scale = Double(sign: .plus, exponent: places, significand: 1)
      let candidate = ((threshold * scale).rounded(.down) + 1) / scale
      if candidate > threshold, candidate <= first || places >= 160 {
        (value, fractionBits) = (candidate <= first ? candidate : first, places)
        return
      }
      places += 1
    }
  }

  /// The narrowest type that keeps a feature's numbers on their sides of all limits.
  static func type(_ limits: [ThermometerLimit]) -> FixedPointType {
    guard let grid = limits.map(\.fractionBits).max() else {
      return FixedPointType(width: 0, integerBits: 0, isSigned: false)
    }
    let scale = Double(sign: .plus, exponent: grid, significand: 1)
    let largest = limits.map { abs($0.value * scale) }.max() ?? 0
    // One code below the least limit, and one not below the greatest.
    let isSigned = limits.contains { $0.value <= 0 }
    let bits = Int(largest.exponent) + 2
    let width = max(1, min(bits, FixedPointType.maximumWidth - 1)) + (isSigned ? 1 : 0)
    return FixedPointType(width: width, integerBits: width - grid, isSigned: isSigned, overflow: .saturate)
  }
}
