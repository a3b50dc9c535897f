import FoundationEssentials
import TestSupport
import Testing
import TextForm

/// A pair of files: what a pass reads, and what it makes of it.
struct PassCase: CustomTestStringConvertible, Sendable {
  let pass: PassName
  let name: String

  var testDescription: String { "\(pass.rawValue)/\(name)" }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  /// All pairs, by pass and name.
  static let all: [PassCase] = PassName.allCases.flatMap { pass in
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: pass.rawValue).path)) ?? []
    return files.sorted().compactMap { file in
      file.hasSuffix(".before") ? PassCase(pass: pass, name: String(file.dropLast(7))) : nil
    }
  }

  /// What the pass reads.
  func before() throws -> String {
    let url = Self.folder.appending(path: "\(pass.rawValue)/\(name).before")
    return String(decoding: try Data(contentsOf: url), as: UTF8.self)
  }

  /// Compares with the file, or with `UPDATE_SNAPSHOTS=1` rewrites it.
  func expectAfter(_ text: String) throws {
    let url = Self.folder.appending(path: "\(pass.rawValue)/\(name).after")
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      try Data(text.utf8).write(to: url)
      return
    }
    let expected = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    #expect(text == expected, "UPDATE_SNAPSHOTS=1 rewrites \(testDescription).after")
  }
}

/// Inputs on which two forms of a computation are compared: all there are, or corners and random ones.
enum Events {
  private static let exhaustiveBits = 16

  /// Raw values of elements that lie in the given ranges.
  static func raw(_ ranges: [ClosedRange<Int128>]) -> [[Int128]] {
    let sizes = ranges.map { $0.upperBound - $0.lowerBound + 1 }
    let count = sizes.reduce(1) { min($0 * min($1, 1 << 20), 1 << 20) }
    if count <= 1 << exhaustiveBits {
      return (0..<count).map { number in
        var rest = number
        return zip(ranges, sizes).map { range, size in
          defer { rest /= size }
          return range.lowerBound + rest % size
        }
      }
    }
    var generator = SeededGenerator(seed: 1)
    let corners: [[Int128]] = (0..<64).map { _ in
      ranges.map { range in [range.lowerBound, range.upperBound, 0].randomElement(using: &generator) ?? 0 }
    }
    let random: [[Int128]] = (0..<500).map { _ in ranges.map { Int128.random(in: $0, using: &generator) } }
    return corners + random
  }
}
