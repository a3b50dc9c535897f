import Diagnostics
import TestSupport
import Testing

@testable import KerasFrontend

@Suite struct HDF5Tests {
  @Test(arguments: [
    ("Dense", "dense"), ("BatchNormalization", "batch_normalization"), ("PReLU", "p_re_lu"), ("ReLU", "re_lu"),
    ("LeakyReLU", "leaky_re_lu"), ("ELU", "elu"), ("Conv2D", "conv2d"), ("ThresholdedReLU", "thresholded_re_lu"),
    ("InputLayer", "input_layer"), ("", ""), ("A", "a"),
  ])
  func classesAreNamedAsKerasNamesThem(className: String, name: String) {
    #expect(TreeKerasWeights.snakeCase(className) == name)
  }

  /// A heap at address 0 that holds the text "hello" as object 1 and "!" as object 2.
  private static let heap: [UInt8] =
    [0x47, 0x43, 0x4F, 0x4C, 1, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0]
    + [1, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0] + Array("hello\0\0\0".utf8)
    + [2, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] + Array("!\0\0\0\0\0\0\0".utf8)
    + [UInt8](repeating: 0, count: 16)

  private func reference(length: UInt8, address: UInt8 = 0, index: UInt8) -> ArraySlice<UInt8> {
    [length, 0, 0, 0, address, 0, 0, 0, 0, 0, 0, 0, index, 0, 0, 0][...]
  }

  @Test func heapsGiveTheirTexts() {
    let heap = HDF5GlobalHeap(image: Self.heap)
    #expect(heap.text(reference(length: 5, index: 1)) == "hello")
    #expect(heap.text(reference(length: 4, index: 1)) == "hell")
    #expect(heap.text(reference(length: 1, index: 2)) == "!")
    #expect(heap.text(reference(length: 0, index: 9)) == "")
  }

  @Test func heapsRefuseWrongReferences() {
    let heap = HDF5GlobalHeap(image: Self.heap)
    #expect(heap.text(reference(length: 6, index: 1)) == nil)
    #expect(heap.text(reference(length: 5, index: 3)) == nil)
    #expect(heap.text(reference(length: 5, address: 8, index: 1)) == nil)
    #expect(heap.text(reference(length: 5, address: 255, index: 1)) == nil)
    #expect(heap.text([5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 1, 0, 0, 0]) == nil)
    #expect(HDF5GlobalHeap(image: []).text(reference(length: 5, index: 1)) == nil)
  }

  @Test func damagedHeapsNeverTrap() {
    for position in Self.heap.indices {
      for flip in [0x01, 0x10, 0x80, 0xFF] as [UInt8] {
        var image = Self.heap
        image[position] ^= flip
        _ = HDF5GlobalHeap(image: image).text(reference(length: 1, index: 2))
      }
      _ = HDF5GlobalHeap(image: Array(Self.heap[..<position])).text(reference(length: 1, index: 2))
    }
  }

  @Test func pathsStayInsideTheFile() throws {
    let bytes = try Fixtures.bytes("one_layer_f4.h5")
    try HDF5File.withImage(bytes, file: "w.h5") { file in
      #expect(file.contains(["d", "d", "kernel:0"]))
      #expect(!file.contains(["d", "e"]))
      #expect(!file.contains(["d", ".."]))
      #expect(!file.contains(["."]))
      #expect(file.memberNames([]) == ["d", "x"])
      #expect(file.memberNames(["d", "d", "kernel:0"]).isEmpty)
      let weights = try file.strings(attribute: "weight_names", of: ["d"])
      let nothing = try file.strings(attribute: "weight_names", of: ["x"])
      let absent = try file.strings(attribute: "none", of: ["x"])
      #expect(weights == ["d/kernel:0", "d/bias:0"])
      #expect(nothing == [])
      #expect(absent == nil)
    }
  }
}
