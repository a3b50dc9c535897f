import DataFiles
import FoundationEssentials
import TestSupport
import Testing
import TricotCompiler

/// `tricot matrix`: the adder graph search as a tool of its own.
@Suite struct MatrixTests {
  /// Integers within ±127, some of them zero, on a grid of `2^-fractionBits`.
  private func matrix(_ inputs: Int, _ outputs: Int, fractionBits: Int = 0) throws -> [UInt8] {
    let scale = Double(sign: .plus, exponent: -fractionBits, significand: 1)
    let values = (0..<inputs * outputs).map { index -> Double in
      let integer = (index * 7919 + index * index * 31) % 255 - 127
      return Double(integer) * scale
    }
    return try NumPyArray(shape: [inputs, outputs], values: values).npyBytes()
  }

  @Test(arguments: [
    ["--signed"], ["--max-depth", "0"], ["--extra-depth", "1", "--input-bits", "3"], ["--effort", "fast"],
  ])
  func findsAVerifiedGraph(_ options: [String]) async throws {
    let scratch = try Scratch()
    let file = try scratch.write("w.npy", try matrix(6, 5, fractionBits: 3))
    let run = try await Invocation.tricot(["matrix", file, "--json"] + options)
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(MatrixReport.self)
    #expect(report.verified)
    #expect(report.inputs == 6 && report.outputs == 5 && report.fractionBits == 3)
    #expect(report.adders > 0 && report.bits > report.adders)
    if options.first == "--max-depth" { #expect(report.depth == report.leastDepth) }
    if options.first == "--extra-depth" { #expect(report.depth <= report.leastDepth + 1) }
  }

  @Test func writesTheSameVerilogForAnyNumberOfThreads() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("kernel.npy", try matrix(5, 4))
    var texts: [Data] = []
    for threads in ["1", "2"] {
      let verilog = scratch.file("kernel\(threads).v")
      let run = try await Invocation.tricot(
        "matrix",
        file,
        "--signed",
        "--verilog",
        verilog,
        "--threads",
        threads,
        "--json"
      )
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.json(MatrixReport.self).firmware?.top == "kernel")
      texts.append(try Data(contentsOf: URL(filePath: verilog)))
    }
    #expect(!texts[0].isEmpty && texts[0] == texts[1])
  }

  @Test func showsATable() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("w.npy", try matrix(3, 2))
    let run = try await Invocation.tricot("matrix", file, "--quiet")
    #expect(run.status == 0 && run.output.contains("adders") && run.errors.isEmpty, "\(run.output)")
  }

  private static func npy(_ shape: [Int], _ values: [Double]) -> [UInt8] {
    (try? NumPyArray(shape: shape, values: values).npyBytes()) ?? []
  }

  @Test(
    arguments: [
      ("garbage", [UInt8](repeating: 7, count: 300), [], "w.npy"),
      ("vector", npy([3], [1, 2, 3]), [], "shape"),
      ("NaN", npy([2, 1], [1, .nan]), [], "[1, 0]"),
      ("no grid", npy([1, 1], [1.0 / 3]), [], "integers"),
      ("too large", npy([1, 1], [1e12]), [], "31 bits"),
      ("bad width", npy([1, 1], [3]), ["--input-bits", "0"], "1…32"),
      ("bad part", npy([1, 1], [3]), ["--part", "xc1", "--verilog", "x.v"], "xc1"),
      ("no folder", npy([1, 1], [3]), ["--verilog", "/no/such/folder/x.v"], "/no/such/folder"),
    ] as [(String, [UInt8], [String], String)]
  )
  func refuses(_ name: String, _ bytes: [UInt8], _ options: [String], _ says: String) async throws {
    let scratch = try Scratch()
    let file = try scratch.write("w.npy", bytes)
    let run = try await Invocation.tricot(["matrix", file] + options)
    #expect(run.status == 2, "\(name): \(run.output)")
    #expect(run.errors.contains(says), "\(name): \(run.errors)")
    #expect(scratch.contents == ["w.npy"])
  }
}
