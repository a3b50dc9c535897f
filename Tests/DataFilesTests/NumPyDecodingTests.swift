import DataFiles
import Diagnostics
import TestSupport
import Testing

/// A `.npy` file with any header and data.
private func npy(_ header: String, version: UInt8 = 1, _ data: [UInt8]) -> [UInt8] {
  let count = header.utf8.count
  let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(count >> (8 * $0) & 0xFF) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + data
}

private func header(_ code: String, _ shape: String, fortran: Bool = false) -> String {
  "{'descr': '\(code)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
}

@Suite struct NumPyDecodingTests {
  @Test(arguments: [
    (">f8", [0x3F, 0xF8, 0, 0, 0, 0, 0, 0] as [UInt8], 1.5), (">f4", [0xC0, 0x20, 0, 0], -2.5),
    (">f2", [0x3E, 0], 1.5), ("<f2", [0, 0x3E], 1.5), (">i2", [0xFF, 0xFE], -2), ("<u2", [0xFE, 0xFF], 65534),
    (">i4", [0xFF, 0xFF, 0xFF, 0xFD], -3), (">u8", [0, 0, 0, 0, 0, 0, 1, 2], 258), ("|i1", [0x80], -128),
    ("|u1", [0x80], 128), ("|b1", [1], 1), ("?", [2], 1), ("=i4", [5, 0, 0, 0], 5),
    ("<i8", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], -1),
  ])
  func readsEveryByteOrder(code: String, data: [UInt8], value: Double) throws {
    #expect(try NumPyArray(npy: npy(header(code, "(1,)"), data), file: "a.npy").values == [value])
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func readsEveryVersion(version: UInt8) throws {
    let array = try NumPyArray(npy: npy(header("|u1", "(2,)"), version: version, [3, 4]), file: "a.npy")
    #expect(array.values == [3, 4])
  }

  @Test func readsColumnMajorOrder() throws {
    let bytes = npy(header("|u1", "(2, 3, 2)", fortran: true), Array(0..<12))
    let array = try NumPyArray(npy: bytes, file: "a.npy")
    // Element [i, j, k] stands at i + 2 j + 6 k.
    #expect(array.values == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
    #expect(array.shape == [2, 3, 2])
  }

  @Test func readsOldAndUnusualHeaders() throws {
    let old = npy("{\"shape\": (2L, 1L), \"fortran_order\": False, \"descr\": \"|u1\"}", [7, 8])
    #expect(try NumPyArray(npy: old, file: "a.npy").shape == [2, 1])
    let scalar = npy(header("|u1", "()"), [9])
    #expect(try NumPyArray(npy: scalar, file: "a.npy").values == [9])
  }

  @Test(arguments: [
    ("<f8", "(2,)", 15, "npy-truncated"), ("<f8", "(2,)", 17, "npy-trailing-data"), ("|O", "(1,)", 8, "npy-header"),
    ("<c16", "(1,)", 16, "npy-header"), ("<U4", "(1,)", 16, "npy-header"), ("<M8[ns]", "(1,)", 8, "npy-header"),
    ("<f16", "(1,)", 16, "npy-header"), ("<f3", "(1,)", 3, "npy-header"), ("<f8", "(-1,)", 8, "npy-header"),
    ("<f8", "(9223372036854775808,)", 8, "npy-header"), ("<f8", "(4294967296, 4294967296)", 8, "npy-header"),
    ("<f8", "(1099511627776,)", 8, "npy-truncated"), ("<f8", "(2", 16, "npy-header"),
    ("<f8", "(2.0,)", 16, "npy-header"),
    ("<f8", "[2]", 16, "npy-header"),
  ])
  func refusesBadHeaders(code: String, shape: String, dataCount: Int, expected: String) {
    let bytes = npy(header(code, shape), [UInt8](repeating: 0, count: dataCount))
    #expect { try NumPyArray(npy: bytes, file: "bad.npy") } throws: { error in
      let diagnostic = error as? Diagnostic
      return diagnostic?.code == expected && diagnostic?.origin?.file == "bad.npy"
    }
  }

  @Test func refusesStructuredArrays() {
    let bytes = npy("{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }", [0])
    #expect { try NumPyArray(npy: bytes, file: "bad.npy") } throws: {
      ($0 as? Diagnostic)?.message == "structured arrays are not supported"
    }
  }

  @Test func acceptsOnlyExactIntegers() throws {
    func int64(_ value: Int64) -> [UInt8] {
      npy(header("<i8", "(1,)"), (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) })
    }
    #expect(try NumPyArray(npy: int64(1 << 60), file: "a.npy").values == [0x1p60])
    #expect(try NumPyArray(npy: int64(.min), file: "a.npy").values == [-0x1p63])
    for value in [(1 << 53) + 1, .max, -(1 << 53) - 1] as [Int64] {
      #expect { try NumPyArray(npy: int64(value), file: "a.npy") } throws: {
        ($0 as? Diagnostic)?.code == "npy-inexact-integer"
      }
    }
  }

  @Test func damageNeverTraps() throws {
    let whole = try NumPyArray(shape: [3, 2], values: [1, 2, 3, 4, 5, 6]).npyBytes()
    for length in 0..<whole.count {
      #expect(throws: Diagnostic.self) { try NumPyArray(npy: Array(whole[..<length]), file: "a") }
    }
    for position in 0..<128 {
      for flip in [0x01, 0x08, 0x40, 0xFF] as [UInt8] {
        var damaged = whole
        damaged[position] ^= flip
        _ = try? NumPyArray(npy: damaged, file: "a")
      }
    }
  }
}
