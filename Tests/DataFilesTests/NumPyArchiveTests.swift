import DataFiles
import Diagnostics
import TestSupport
import Testing

/// A zip archive with one stored file `x.npy` that holds the bytes 1, 2, 3 as an array.
private func smallArchive() throws -> [UInt8] {
  let contents = try NumPyArray(shape: [3], values: [1, 2, 3], elementType: .uint8).npyBytes()
  let name = Array("x.npy".utf8)
  func word(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }
  func long(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * UInt32($0)) & 0xFF) } }
  let size = long(UInt32(contents.count))
  let common =
    word(0) + word(0) + word(0) + word(0x21) + long(crc32(contents)) + size + size + word(name.count) + word(0)
  let local = [0x50, 0x4B, 3, 4] + word(20) + common + name + contents
  let central = [0x50, 0x4B, 1, 2] + word(20) + word(20) + common + [UInt8](repeating: 0, count: 14) + name
  let end = [0x50, 0x4B, 5, 6] + word(0) + word(0) + word(1) + word(1) + long(UInt32(central.count))
  return local + central + end + long(UInt32(local.count)) + word(0)
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~UInt32(0)) { crc, byte in
    (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}

@Suite struct NumPyArchiveTests {
  @Test func readsAnArray() throws {
    let archive = try NumPyArchive(npz: smallArchive(), file: "a.npz")
    #expect(archive.names == ["x"])
    #expect(try archive.array("x").values == [1, 2, 3])
  }

  @Test func namesAMissingArray() throws {
    let archive = try NumPyArchive(npz: smallArchive(), file: "a.npz")
    do {
      _ = try archive.array("y")
      Issue.record("no error")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.code == "npz-missing-array")
      #expect(diagnostic.hint == "did you mean 'x'?")
    }
  }

  @Test func refusesFilesThatUnpackTooFar() throws {
    let archive = try ZipArchive(bytes: smallArchive(), file: "a.npz")
    do {
      _ = try archive.contents(of: "x.npy", limit: 100)
      Issue.record("no error")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.code == "zip-entry-too-large")
    }
  }

  @Test func refusesGarbageAndTruncation() throws {
    let whole = try smallArchive()
    for bytes in [[], [0x50, 0x4B], Array("no archive at all".utf8), Array(whole.dropLast(30)), Array(whole[..<60])] {
      do {
        _ = try ZipArchive(bytes: bytes, file: "bad.npz")
        Issue.record("no error")
      } catch let diagnostic as Diagnostic {
        #expect(diagnostic.code == "zip-unreadable")
        #expect(diagnostic.origin?.file == "bad.npz")
      }
    }
  }

  @Test func everyFlippedByteIsNoticedOrHarmless() throws {
    let whole = try smallArchive()
    for position in whole.indices {
      var damaged = whole
      damaged[position] ^= 0x41
      do {
        let archive = try NumPyArchive(npz: damaged, file: "bad.npz")
        // What still reads must still be the same: the checksum covers the contents.
        #expect(try archive.array("x").values == [1, 2, 3])
      } catch {
        #expect(error is Diagnostic)
      }
    }
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func readsNumPysOwnArchives() throws {
    let path = "vectors/hls4ml/KERAS_3layer/trace_first20.npz"
    let archive = try NumPyArchive(npz: SharedData.bytes(path), file: path)
    #expect(archive.names.contains("fc1_relu"))
    #expect(try archive.array("fc1_relu").shape == [20, 64])
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func readsNumPysOwnArrays() throws {
    let array = try SharedData.array("vectors/hls4ml/KERAS_3layer/inputs.npy")
    #expect(array.shape.count == 2 && array.shape[1] == 16)
    #expect(try NumPyArray(npy: array.npyBytes(), file: "again") == array)
  }
}
