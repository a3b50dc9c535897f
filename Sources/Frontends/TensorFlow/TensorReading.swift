import Diagnostics
import ModelIR
import ONNXFrontend

/// Reads the constants of a graph.
struct TensorReading {
  /// How many elements may be repeated in all: a few bytes of a file could ask for any number.
  static let repetitionLimit = 1 << 24

  private var repeated = 0

  /// The tensor of a Const node; nil where its elements are no numbers.
  mutating func tensor(of node: GraphNode) throws -> TranslatedTensor? {
    guard case .tensor(let proto)? = node.proto.attr["value"]?.value else {
      throw node.error("bad-attribute", "the constant '\(node.name)' holds no tensor")
    }
    guard let element = TranslatedTensor.Element(tensorFlow: proto.dtype) else { return nil }
    let shape = proto.tensorShape.dim.compactMap { Int(exactly: $0.size) }
    guard let count = ShapeInference.elementCount(shape.map { $0 == 0 ? 1 : $0 }), !proto.tensorShape.unknownRank,
      shape.count == proto.tensorShape.dim.count
    else {
      throw node.error("bad-shape", "the constant '\(node.name)' has the impossible shape \(shape)")
    }
    if shape.contains(0) { return TranslatedTensor(shape: shape, element: element, bytes: []) }
    if !proto.tensorContent.isEmpty {
      guard proto.tensorContent.count == count * element.size else { throw truncated(node, shape) }
      return TranslatedTensor(shape: shape, element: element, bytes: [UInt8](proto.tensorContent))
    }
    var bytes = Self.bytes(of: proto, element)
    let found = bytes.count / element.size
    guard found <= count else { throw truncated(node, shape) }
    if found < count {
      repeated += count - found
      guard repeated <= Self.repetitionLimit else {
        throw node.error(
          "absurd-size",
          "the constant '\(node.name)' repeats a number to the shape \(shape): more than \(Self.repetitionLimit) in all",
          hint: "freeze the graph again; the file is damaged"
        )
      }
      // Numbers that are all zero may be left out.
      let last = found == 0 ? Array(repeating: 0, count: element.size) : Array(bytes.suffix(element.size))
      bytes.reserveCapacity(count * element.size)
      for _ in found..<count { bytes += last }
    }
    return TranslatedTensor(shape: shape, element: element, bytes: bytes)
  }

  private func truncated(_ node: GraphNode, _ shape: [Int]) -> Diagnostic {
    node.error(
      "truncated-tensor",
      "the constant '\(node.name)' has the shape \(shape), which its data does not fill",
      hint: "freeze the graph again; the file is damaged"
    )
  }

  /// The numbers of the list that belongs to the type, little-endian.
  private static func bytes(of proto: TFTensorProto, _ element: TranslatedTensor.Element) -> [UInt8] {
    let words: [UInt64] =
      switch element {
      case .float32: proto.floatVal.map { UInt64($0.bitPattern) }
      case .float64: proto.doubleVal.map(\.bitPattern)
      case .float16, .bfloat16: proto.halfVal.map { UInt64(truncatingIfNeeded: $0) }
      case .bool: proto.boolVal.map { $0 ? 1 : 0 }
      case .int64: proto.int64Val.map { UInt64(bitPattern: $0) }
      case .uint32: proto.uint32Val.map { UInt64($0) }
      case .uint64: proto.uint64Val
      case .uint8, .int8, .uint16, .int16, .int32: proto.intVal.map { UInt64(truncatingIfNeeded: $0) }
      }
    return words.flatMap { word in (0..<element.size).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
  }
}

extension TranslatedTensor {
  /// The same with 64 bits in place of 32: ONNX has shapes and indices of that type only, TensorFlow of both.
  var widened: TranslatedTensor {
    guard element == .int32, let integers else { return self }
    let bytes = integers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    return TranslatedTensor(shape: shape, element: .int64, bytes: bytes)
  }
}

extension TranslatedTensor.Element {
  /// By TensorFlow's number of the type; nil for what holds no plain numbers.
  init?(tensorFlow type: Int32) {
    switch type {
    case 1: self = .float32
    case 2: self = .float64
    case 3: self = .int32
    case 4: self = .uint8
    case 5: self = .int16
    case 6: self = .int8
    case 9: self = .int64
    case 10: self = .bool
    case 14: self = .bfloat16
    case 17: self = .uint16
    case 19: self = .float16
    case 22: self = .uint32
    case 23: self = .uint64
    default: return nil
    }
  }
}
