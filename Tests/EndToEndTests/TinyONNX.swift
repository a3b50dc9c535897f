/// Writes small ONNX files byte by byte, wrong ones too: what no exporter would give us.
struct TinyONNX {
  struct Node {
    var kind: String
    var inputs: [String]
    var outputs: [String]
    var name: String
  }

  struct Weights {
    var name: String
    var shape: [Int]
    var values: [Float]
  }

  var nodes: [Node]
  var weights: [Weights]
  var inputWidth = 2

  /// `y = relu(x · w + b)`, from 2 to 2 numbers.
  static let dense = TinyONNX(
    nodes: [
      Node(kind: "MatMul", inputs: ["x", "w"], outputs: ["h"], name: "product"),
      Node(kind: "Add", inputs: ["h", "b"], outputs: ["s"], name: "sum"),
      Node(kind: "Relu", inputs: ["s"], outputs: ["y"], name: "relu"),
    ],
    weights: [
      Weights(name: "w", shape: [2, 2], values: [0.5, -1, 0.25, 1.5]),
      Weights(name: "b", shape: [2], values: [0.125, 0]),
    ]
  )

  /// The file.
  var bytes: [UInt8] {
    var graph: [UInt8] = []
    for node in nodes {
      let fields =
        node.inputs.flatMap { text(1, $0) } + node.outputs.flatMap { text(2, $0) } + text(3, node.name)
        + text(4, node.kind)
      graph += message(1, fields)
    }
    graph += text(2, "tiny")
    for weight in weights {
      let data = weight.values.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> ($0 * 8) & 0xFF) } }
      let fields =
        weight.shape.flatMap { varint(1, UInt64($0)) } + varint(2, 1) + text(8, weight.name) + message(9, data)
      graph += message(5, fields)
    }
    graph += message(11, value("x", width: inputWidth)) + message(12, value("y", width: 2))
    let opset = text(1, "") + varint(2, 13)
    return varint(1, 8) + message(7, graph) + message(8, opset)
  }

  /// A float tensor of shape `[batch, width]`.
  private func value(_ name: String, width: Int) -> [UInt8] {
    let batch = message(1, text(2, "batch"))
    let shape = message(2, batch + message(1, varint(1, UInt64(width))))
    return text(1, name) + message(2, message(1, varint(1, 1) + shape))
  }

  private func varint(_ field: Int, _ value: UInt64) -> [UInt8] { raw(UInt64(field << 3)) + raw(value) }
  private func text(_ field: Int, _ value: String) -> [UInt8] { message(field, Array(value.utf8)) }
  private func message(_ field: Int, _ bytes: [UInt8]) -> [UInt8] {
    raw(UInt64(field << 3 | 2)) + raw(UInt64(bytes.count)) + bytes
  }

  private func raw(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
