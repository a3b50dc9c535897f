import DataFiles
import Diagnostics
import TestSupport
import Testing

@Suite struct NumPyRoundTripTests {
  @Test(arguments: NumPyElementType.allCases)
  func everyTypeComesBack(type: NumPyElementType) throws {
    let values: [Double] = type == .bool ? [1, 0, 1, 1, 0, 1] : [0, 1, 2, 3, 100, 127]
    let array = NumPyArray(shape: [2, 3], values: values, elementType: type)
    let bytes = try array.npyBytes()
    #expect((bytes.count - 6 * type.size) % 64 == 0)
    #expect(try NumPyArray(npy: bytes, file: "a.npy") == array)
  }

  @Test(arguments: [[], [0], [1], [7], [2, 0, 3], [1, 2, 3, 4]])
  func everyShapeComesBack(shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let array = NumPyArray(shape: shape, values: (0..<count).map { Double($0) - 0.5 })
    #expect(try NumPyArray(npy: array.npyBytes(), file: "a.npy") == array)
  }

  @Test func extremesOfDoubleComeBack() throws {
    let values = [-0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi]
    let back = try NumPyArray(npy: NumPyArray(shape: [6], values: values).npyBytes(), file: "a.npy")
    #expect(back.values.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(back.firstNonFinite == 1)
  }

  @Test func nanIsKeptAndFound() throws {
    let bytes = try NumPyArray(shape: [3], values: [1, .nan, 2]).npyBytes()
    let array = try NumPyArray(npy: bytes, file: "a.npy")
    #expect(array.firstNonFinite == 1)
    #expect(array.values[1].isNaN)
  }

  @Test func headerIsNumPysOwn() throws {
    let bytes = try NumPyArray(shape: [3], values: [1, 2, 3], elementType: .int32).npyBytes()
    let text = String(decoding: bytes[10..<128], as: UTF8.self)
    #expect(bytes[0..<10] == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0])
    #expect(text.hasPrefix("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }"))
    #expect(text.hasSuffix(" \n"))
  }

  @Test func numbersThatDoNotFitAreRefused() throws {
    let array = NumPyArray(shape: [2], values: [1, 0.5], elementType: .int32)
    #expect { try array.npyBytes() } throws: { ($0 as? Diagnostic)?.code == "npy-not-representable" }
  }

  @Test func aMillionValuesComeBack() throws {
    let array = NumPyArray(shape: [1000, 1000], values: (0..<1_000_000).map { Double($0) * 0.125 })
    #expect(try NumPyArray(npy: array.npyBytes(), file: "a.npy") == array)
  }
}
