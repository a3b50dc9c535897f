import Diagnostics
import Foundation
import ModelIR
import SwiftProtobuf

@testable import ONNXFrontend

/// A model of one graph in the making.
struct TestModel {
  var proto = ModelProto()

  init(opset: Int = 13) {
    proto.irVersion = 8
    proto.opsetImport = [OperatorSetIdProto.with { $0.version = Int64(opset) }]
    proto.graph.name = "test"
  }

  /// The bytes of the file.
  func bytes() throws -> [UInt8] { try proto.serializedBytes() }

  func load(names: ONNXLayerNames = .hls4ml, log: DiagnosticLog = DiagnosticLog()) throws -> ModelGraph {
    try ONNXFrontend.load(bytes(), file: "models/test.onnx", names: names, log: log)
  }

  /// What loading throws.
  func refusal() throws -> Diagnostic? {
    do {
      _ = try load()
      return nil
    } catch let error as Diagnostic { return error }
  }

  /// The outputs for one event, or for several one after the other.
  func evaluate(_ inputs: [Double], samples: Int = 1) throws -> [Double] {
    ReferenceEvaluator(try load()).evaluate(inputs, samples: samples).outputs
  }

  mutating func input(_ name: String, _ shape: [Int], type: TensorProto.DataType = .float) {
    proto.graph.input.append(.with(name, ["N"] + shape.map { "\($0)" }, type))
  }

  mutating func constant(_ name: String, _ shape: [Int], _ values: [Double]) {
    proto.graph.initializer.append(.floats(name, shape, values))
  }

  mutating func integers(_ name: String, _ values: [Int]) {
    proto.graph.initializer.append(.integers(name, values))
  }

  /// Adds a node that makes `output`.
  mutating func node(_ type: String, _ inputs: [String], _ output: String, _ attributes: AttributeProto...) {
    proto.graph.node.append(
      NodeProto.with {
        $0.opType = type
        $0.input = inputs
        $0.output = [output]
        $0.attribute = attributes
      }
    )
  }

  mutating func output(_ name: String) { proto.graph.output.append(.with(name, ["N"], .float)) }

  /// A graph of one node with one input `x`.
  static func single(
    _ type: String,
    shape: [Int],
    opset: Int = 13,
    constants: [(String, [Int], [Double])] = [],
    _ attributes: AttributeProto...
  ) -> TestModel {
    var model = TestModel(opset: opset)
    model.input("x", shape)
    for (name, shape, values) in constants { model.constant(name, shape, values) }
    model.node(type, ["x"] + constants.map(\.0), "y")
    model.proto.graph.node[0].attribute = attributes
    model.output("y")
    return model
  }
}

extension ValueInfoProto {
  /// A tensor; extents that are no numbers are named.
  static func with(_ name: String, _ shape: [String], _ type: TensorProto.DataType) -> ValueInfoProto {
    .with {
      $0.name = name
      $0.type.tensorType.elemType = Int32(type.rawValue)
      $0.type.tensorType.shape.dim = shape.map { extent in
        .with { $0.value = Int64(extent).map { .dimValue($0) } ?? .dimParam(extent) }
      }
    }
  }
}

extension TensorProto {
  static func floats(_ name: String, _ shape: [Int], _ values: [Double]) -> TensorProto {
    .with {
      $0.name = name
      $0.dims = shape.map(Int64.init)
      $0.dataType = 1
      $0.floatData = values.map(Float.init)
    }
  }

  static func integers(_ name: String, _ values: [Int]) -> TensorProto {
    .with {
      $0.name = name
      $0.dims = [Int64(values.count)]
      $0.dataType = 7
      $0.int64Data = values.map(Int64.init)
    }
  }
}

extension AttributeProto {
  static func float(_ name: String, _ value: Float) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .float
      $0.f = value
    }
  }

  static func int(_ name: String, _ value: Int) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .int
      $0.i = Int64(value)
    }
  }

  static func ints(_ name: String, _ values: [Int]) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .ints
      $0.ints = values.map(Int64.init)
    }
  }

  static func floats(_ name: String, _ values: [Float]) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .floats
      $0.floats = values
    }
  }

  static func string(_ name: String, _ value: String) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .string
      $0.s = Data(value.utf8)
    }
  }

  static func strings(_ name: String, _ values: [String]) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .strings
      $0.strings = values.map { Data($0.utf8) }
    }
  }

  static func tensor(_ name: String, _ value: TensorProto) -> AttributeProto {
    .with {
      $0.name = name
      $0.type = .tensor
      $0.t = value
    }
  }
}
