import Diagnostics
import ModelIR

extension ConstantTensor {
  /// Reads a tensor of a file.
  ///
  /// - Throws: a ``Diagnostic`` if its size does not fit its data, or its data lies elsewhere, or its type holds no plain numbers.
  init(_ proto: TensorProto, origin: Origin) throws {
    let name = proto.name
    guard proto.dataLocation != .external, proto.externalData.isEmpty else {
      throw Diagnostic.error(
        "external-data",
        "the data of tensor '\(name)' lies in another file",
        at: origin,
        hint: "save the model with its weights inside: onnx.save_model(model, path, save_as_external_data=False)"
      )
    }
    guard !proto.hasSegment else {
      throw Diagnostic.error("unsupported-tensor", "tensor '\(name)' is stored in segments", at: origin)
    }
    guard let type = ElementType(rawValue: proto.dataType) else {
      throw Diagnostic.error(
        "unsupported-tensor",
        "tensor '\(name)' has elements of \(ElementType.name(of: proto.dataType)), which are no plain numbers",
        at: origin,
        hint: "export the model with float32 weights"
      )
    }
    let shape = try Self.shape(of: proto, origin: origin)
    let count = shape.reduce(1, *)
    let values =
      proto.rawData.isEmpty ? Self.typedValues(of: proto, type) : Self.rawValues([UInt8](proto.rawData), type)
    guard let values, values.count == count else {
      let found = values.map { "\($0.count) elements" } ?? "a broken last element"
      throw Diagnostic.error(
        "truncated-tensor",
        "tensor '\(name)' has the shape \(shape), but its data holds \(found)",
        at: origin,
        hint: "export the model again; the file is damaged"
      )
    }
    self.init(shape: shape, values: values, type: type)
  }

  private static func shape(of proto: TensorProto, origin: Origin) throws -> [Int] {
    let shape = proto.dims.compactMap { Int(exactly: $0) }
    guard shape.count == proto.dims.count, ConstantTensor.isSane(shape) else {
      throw Diagnostic.error(
        "absurd-size",
        "tensor '\(proto.name)' has the impossible shape \(proto.dims)",
        at: origin,
        hint: "export the model again; the file is damaged"
      )
    }
    return shape
  }

  /// The elements of the field that ONNX assigns to the type.
  private static func typedValues(of proto: TensorProto, _ type: ElementType) -> [Double]? {
    switch type {
    case .float: proto.floatData.map(Double.init)
    case .double: proto.doubleData
    case .int64: proto.int64Data.map(Double.init)
    case .uint32, .uint64: proto.uint64Data.map(Double.init)
    case .int32, .int16, .int8, .uint16, .uint8, .bool: proto.int32Data.map(Double.init)
    case .float16: proto.int32Data.map { Double(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) }
    case .bfloat16: proto.int32Data.map { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16)) }
    }
  }

  /// Little-endian elements; nil if the last one is cut off.
  private static func rawValues(_ bytes: [UInt8], _ type: ElementType) -> [Double]? {
    guard bytes.count.isMultiple(of: type.size) else { return nil }
    return stride(from: 0, to: bytes.count, by: type.size).map { start in
      var bits: UInt64 = 0
      for i in 0..<type.size { bits |= UInt64(bytes[start + i]) << UInt64(8 * i) }
      return value(of: bits, type)
    }
  }

  private static func value(of bits: UInt64, _ type: ElementType) -> Double {
    switch type {
    case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double: Double(bitPattern: bits)
    case .float16: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .bool: bits == 0 ? 0 : 1
    }
  }
}
