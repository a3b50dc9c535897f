import Diagnostics

extension NumPyArray {
  /// The bytes of a `.npy` file of version 1, little endian, row-major, exactly as NumPy writes it.
  ///
  /// - Throws: a ``Diagnostic`` if a value is no number of the element type, since nothing is rounded silently. Float
  ///   types narrower than 64 bits round to nearest, as NumPy's `astype` does.
  package func npyBytes(file: String = "array.npy") throws -> [UInt8] {
    var bytes = header()
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: values.count * elementType.size))
    let failure = bytes.withUnsafeMutableBytes { buffer in
      encode(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
    }
    if let failure {
      throw Diagnostic.error(
        "npy-not-representable",
        "\(values[failure]) is not a number of type \(elementType.rawValue)",
        at: Origin(file: file, place: "element \(failure)")
      )
    }
    return bytes
  }

  private func header() -> [UInt8] {
    let order = elementType.size == 1 ? "|" : "<"
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(order)\(elementType.code)', 'fortran_order': False, 'shape': (\(extents)), }"
    // The numbers start on a multiple of 64 bytes, after a line feed.
    let unpadded = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)] + Array(text.utf8)
  }

  /// Writes every value; returns the index of the first that the type cannot hold.
  private func encode(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    switch elementType {
    case .float64: return store(buffer) { $0.bitPattern }
    case .float32: return store(buffer) { Float($0).bitPattern }
    case .float16: return store(buffer) { Float16($0).bitPattern }
    case .bool: return store(buffer) { $0 == 0 || $0 == 1 ? UInt8($0) : nil }
    case .int8: return store(buffer) { Int8(exactly: $0) }
    case .int16: return store(buffer) { Int16(exactly: $0) }
    case .int32: return store(buffer) { Int32(exactly: $0) }
    case .int64: return store(buffer) { Int64(exactly: $0) }
    case .uint8: return store(buffer) { UInt8(exactly: $0) }
    case .uint16: return store(buffer) { UInt16(exactly: $0) }
    case .uint32: return store(buffer) { UInt32(exactly: $0) }
    case .uint64: return store(buffer) { UInt64(exactly: $0) }
    }
  }

  @inline(__always)
  private func store<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ bits: (Double) -> Bits?
  ) -> Int? {
    for (index, value) in values.enumerated() {
      guard let word = bits(value) else { return index }
      buffer.storeBytes(of: word.littleEndian, toByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
    }
    return nil
  }
}
