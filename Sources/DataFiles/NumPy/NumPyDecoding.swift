import Diagnostics

extension NumPyArray {
  /// Reads a `.npy` file of format version 1, 2 or 3.
  ///
  /// - Throws: a ``Diagnostic`` for damage, for elements that are not real numbers, and for integers that a `Double`
  ///   cannot hold exactly.
  package init(npy bytes: [UInt8], file: String) throws {
    let header = try NumPyHeader(parsing: bytes, file: file)
    let (expected, overflow) = header.count.multipliedReportingOverflow(by: header.elementType.size)
    let present = bytes.count - header.dataOffset
    guard !overflow, present >= expected else {
      throw Diagnostic.error(
        "npy-truncated",
        "the file ends early: shape \(header.shape) of \(header.elementType.rawValue) needs \(expected) bytes, "
          + "\(present) are there",
        at: Origin(file: file, place: "data"),
        hint: "copy or write the file again"
      )
    }
    guard present == expected else {
      throw Diagnostic.error(
        "npy-trailing-data",
        "\(present - expected) bytes follow the array",
        at: Origin(file: file, place: "data"),
        hint: "save one array per file, or several in an '.npz'"
      )
    }
    var values = bytes.withUnsafeBytes { file in
      Self.decode(UnsafeRawBufferPointer(rebasing: file[header.dataOffset...]), header)
    }
    if let index = Self.firstInexactInteger(bytes, values, header) {
      throw Diagnostic.error(
        "npy-inexact-integer",
        "element \(index) is an integer beyond 2^53, which cannot be held exactly",
        at: Origin(file: file, place: "element \(index)"),
        hint: "save the array as float64"
      )
    }
    if header.isFortranOrder { values = Self.rowMajor(values, header.shape) }
    self.init(shape: header.shape, values: values, elementType: header.elementType)
  }

  private static func decode(_ data: UnsafeRawBufferPointer, _ header: NumPyHeader) -> [Double] {
    let swap = header.isBigEndian
    let count = header.count
    switch header.elementType {
    case .bool: return convert(data, count) { (bits: UInt8) in bits == 0 ? 0 : 1 }
    case .int8: return convert(data, count) { (bits: Int8) in Double(bits) }
    case .uint8: return convert(data, count) { (bits: UInt8) in Double(bits) }
    case .int16: return convert(data, count) { (bits: Int16) in Double(swap ? bits.byteSwapped : bits) }
    case .uint16: return convert(data, count) { (bits: UInt16) in Double(swap ? bits.byteSwapped : bits) }
    case .int32: return convert(data, count) { (bits: Int32) in Double(swap ? bits.byteSwapped : bits) }
    case .uint32: return convert(data, count) { (bits: UInt32) in Double(swap ? bits.byteSwapped : bits) }
    case .int64: return convert(data, count) { (bits: Int64) in Double(swap ? bits.byteSwapped : bits) }
    case .uint64: return convert(data, count) { (bits: UInt64) in Double(swap ? bits.byteSwapped : bits) }
    case .float16:
      return convert(data, count) { (bits: UInt16) in Double(Float16(bitPattern: swap ? bits.byteSwapped : bits)) }
    case .float32:
      return convert(data, count) { (bits: UInt32) in Double(Float(bitPattern: swap ? bits.byteSwapped : bits)) }
    case .float64:
      return convert(data, count) { (bits: UInt64) in Double(bitPattern: swap ? bits.byteSwapped : bits) }
    }
  }

  /// Specialised per element type in optimised builds, because the closures are literals of this file.
  @inline(__always)
  private static func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ data: UnsafeRawBufferPointer,
    _ count: Int,
    _ value: (Bits) -> Double
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, filled in
      for index in 0..<count {
        buffer[index] = value(data.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
      }
      filled = count
    }
  }

  /// The first element of an integer array whose `Double` is not the same number.
  private static func firstInexactInteger(_ bytes: [UInt8], _ values: [Double], _ header: NumPyHeader) -> Int? {
    let isSigned = header.elementType == .int64
    guard isSigned || header.elementType == .uint64 else { return nil }
    // Every integer up to 2^53 is a double; only the few beyond need their bits looked at.
    let suspects = values.indices.lazy.filter { values[$0].magnitude >= 9007199254740992 }
    return bytes.withUnsafeBytes { file in
      suspects.first { index in
        let raw = file.loadUnaligned(fromByteOffset: header.dataOffset + index * 8, as: UInt64.self)
        let bits = header.isBigEndian ? raw.byteSwapped : raw
        return isSigned
          ? Int64(exactly: values[index]) != Int64(bitPattern: bits)
          : UInt64(exactly: values[index]) != bits
      }
    }
  }

  /// Reorders from the first axis fastest to the last axis fastest.
  private static func rowMajor(_ values: [Double], _ shape: [Int]) -> [Double] {
    guard shape.count > 1, !values.isEmpty else { return values }
    var strides: [Int] = []
    var stride = 1
    for extent in shape {
      strides.append(stride)
      stride *= extent
    }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    var result: [Double] = []
    result.reserveCapacity(values.count)
    while true {
      result.append(values[source])
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }
}
