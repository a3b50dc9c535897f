import Diagnostics
import FoundationEssentials
import ModelIR
import SwiftProtobuf

/// A network in ONNX's terms, into which the frontend of another format translates its file.
///
/// The frontends of TensorFlow and PyTorch know what their operators mean in ONNX's; everything after that (constants, shapes, the order
/// of axes, layers) is ``GraphImporter``'s, once for all. Nodes keep the names that they have in the file, for layers and messages.
package struct TranslatedGraph {
  /// The opset in whose terms nodes are written.
  static let opset = 21

  var proto = GraphProto()

  package init() {}

  /// Adds an input of the model.
  ///
  /// - Parameters:
  ///   - shape: its extents behind the batch.
  ///   - batch: the extent that the file gives the batch.
  package mutating func input(_ name: String, shape: [Int], batch: Int? = nil) {
    proto.input.append(
      .with {
        $0.name = name
        $0.type.tensorType.elemType = ElementType.float.rawValue
        $0.type.tensorType.shape.dim =
          [.with { $0.value = batch.map { .dimValue(Int64($0)) } ?? .dimParam("N") }]
          + shape.map { extent in .with { $0.value = .dimValue(Int64(extent)) } }
      }
    )
  }

  /// Adds a tensor that the file holds.
  package mutating func constant(_ name: String, _ tensor: TranslatedTensor) {
    proto.initializer.append(
      .with {
        $0.name = name
        $0.dims = tensor.shape.map(Int64.init)
        $0.dataType = tensor.element.type.rawValue
        switch tensor.contents {
        case .bytes(let bytes): $0.rawData = .init(bytes)
        case .integers(let numbers): $0.int64Data = numbers.map(Int64.init)
        }
      }
    )
  }

  /// Adds a vector of whole numbers.
  package mutating func integers(_ name: String, _ numbers: [Int]) {
    constant(name, TranslatedTensor(integers: numbers))
  }

  /// Adds a node under ONNX's name of its operator.
  package mutating func node(
    _ operation: String,
    named name: String,
    _ inputs: [String],
    _ outputs: [String],
    _ attributes: [(name: String, value: TranslatedAttribute)] = []
  ) {
    proto.node.append(
      .with {
        $0.opType = operation
        $0.name = name
        $0.input = inputs
        $0.output = outputs
        $0.attribute = attributes.map { name, value in value.proto(named: name) }
      }
    )
  }

  /// Makes a value one that the model returns.
  package mutating func output(_ name: String) { proto.output.append(.with { $0.name = name }) }
}

/// An attribute of a translated node.
package enum TranslatedAttribute {
  case integer(Int)
  case integers([Int])
  case float(Double)
  case text(String)
  case texts([String])
  /// The type of elements that a Cast makes.
  case type(TranslatedTensor.Element)

  fileprivate func proto(named name: String) -> AttributeProto {
    .with {
      $0.name = name
      switch self {
      case .integer(let number):
        $0.type = .int
        $0.i = Int64(number)
      case .integers(let numbers):
        $0.type = .ints
        $0.ints = numbers.map(Int64.init)
      case .float(let number):
        $0.type = .float
        $0.f = Float(number)
      case .text(let text):
        $0.type = .string
        $0.s = .init(Array(text.utf8))
      case .texts(let texts):
        $0.type = .strings
        $0.strings = texts.map { .init(Array($0.utf8)) }
      case .type(let element):
        $0.type = .int
        $0.i = Int64(element.type.rawValue)
      }
    }
  }
}

/// A tensor of a file that is translated.
package struct TranslatedTensor {
  /// Types of elements that files of other formats have in common with ONNX.
  package enum Element: Sendable {
    case float16, bfloat16, float32, float64
    case bool, uint8, int8, uint16, int16, int32, int64, uint32, uint64

    var type: ElementType {
      switch self {
      case .float16: .float16
      case .bfloat16: .bfloat16
      case .float32: .float
      case .float64: .double
      case .bool: .bool
      case .uint8: .uint8
      case .int8: .int8
      case .uint16: .uint16
      case .int16: .int16
      case .int32: .int32
      case .int64: .int64
      case .uint32: .uint32
      case .uint64: .uint64
      }
    }

    /// Bytes of one element.
    package var size: Int { type.size }
  }

  enum Contents {
    case bytes([UInt8])
    case integers([Int])
  }

  package var shape: [Int]
  package var element: Element
  let contents: Contents

  /// - Parameter bytes: the elements, little-endian and row-major.
  package init(shape: [Int], element: Element, bytes: [UInt8]) {
    self.shape = shape
    self.element = element
    contents = .bytes(bytes)
  }

  package init(integers: [Int]) {
    shape = [integers.count]
    element = .int64
    contents = .integers(integers)
  }

  /// One whole number.
  package init(integer: Int) {
    shape = []
    element = .int64
    contents = .integers([integer])
  }

  /// One float32 number.
  package init(_ number: Float) {
    let bits = number.bitPattern
    self.init(shape: [], element: .float32, bytes: (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
  }

  /// The elements as whole numbers; nil if one is none, or sizes and bytes disagree.
  package var integers: [Int]? {
    switch contents {
    case .integers(let numbers): numbers
    case .bytes: try? ConstantTensor(proto, origin: Origin(file: "")).integers
    }
  }

  /// The elements as numbers; nil if sizes and bytes disagree.
  package var numbers: [Double]? { try? ConstantTensor(proto, origin: Origin(file: "")).values }

  private var proto: TensorProto {
    var graph = TranslatedGraph()
    graph.constant("", self)
    return graph.proto.initializer[0]
  }
}
