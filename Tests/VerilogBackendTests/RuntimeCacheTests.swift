import FirmwareFiles
import FoundationEssentials
import TestSupport
import Testing

@testable import Verification

/// Verilator's own library is built once, and what is kept never changes an answer.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable)) struct RuntimeCacheTests {
  /// Builds and runs a module that adds three; returns what it says.
  private static func answer(_ cache: RuntimeCache) async throws -> String {
    let folder = try BuildFolder.temporary()
    defer { folder.discard() }
    try folder.write([
      .init(path: "t.v", text: "module t(input [7:0] a, output [7:0] b); assign b = a + 8'd3; endmodule\n"),
      .init(
        path: "harness.cpp",
        text:
          "#include \"Vt.h\"\n#include <cstdio>\nint main() { Vt d; d.a = 4; d.eval(); std::printf(\"%d\", d.b); }\n"
      ),
    ])
    try await RuntimeCache.$current.withValue(cache) {
      try await VerilatorBuild(top: "t", sources: ["t.v"]).run(in: folder)
    }
    return try await ExternalTool.runBuilt(folder.path + "/build/harness", [], in: folder.path, limit: .seconds(60))
      .text
  }

  @Test func `objects and headers are kept, used by many at once, and made again where they are empty`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "tricot-cache-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    async let first = Self.answer(.folder(path))
    async let second = Self.answer(.folder(path))
    #expect(try await [first, second] == ["7", "7"])
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    // The compiler's reading of a header stands beside its text.
    let endings = names.map { String($0.drop { $0 != "." }) }
    #expect(Set(endings) == [".o", ".h", ".h.gch"] && endings.filter { $0 == ".h.gch" }.count == 1, "\(names)")
    #expect(names.allSatisfy { $0.prefix { $0 != "." }.count == 64 }, "\(names)")
    for name in names { try Data().write(to: URL(filePath: "\(path)/\(name)")) }
    #expect(try await Self.answer(.folder(path)) == "7")
    for name in names {
      #expect(try !Data(contentsOf: URL(filePath: "\(path)/\(name)"), options: .alwaysMapped).isEmpty, "\(name)")
    }
  }

  @Test func `a header that the compiler cannot use costs time, not the answer`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "tricot-cache-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try await Self.answer(.folder(path)) == "7")
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasSuffix(".gch") }
    )
    let file = URL(filePath: "\(path)/\(name)")
    let whole = try Data(contentsOf: file)
    for damaged in [whole.prefix(whole.count / 2), Data("nonsense".utf8)] {
      try Data(damaged).write(to: file)
      #expect(try await Self.answer(.folder(path)) == "7")
    }
  }

  @Test func `without a cache, or where none can be written, builds go on`() async throws {
    #expect(try await Self.answer(.none) == "7")
    #expect(try await Self.answer(.folder("/proc/nowhere")) == "7")
  }
}
