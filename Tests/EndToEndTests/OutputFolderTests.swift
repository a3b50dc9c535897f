import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What happens where output should go.
@Suite struct OutputFolderTests {
  private let scratch: Scratch
  private let model: String

  init() throws {
    scratch = try Scratch()
    model = try scratch.write("m.onnx", TinyONNX.dense.bytes)
  }

  private func compile(_ arguments: String...) async throws -> Invocation {
    try await Invocation.tricot(["compile", model, "--quiet"] + arguments)
  }

  @Test func emptyFolderIsFilled() async throws {
    try FileManager.default.createDirectory(atPath: scratch.file("out"), withIntermediateDirectories: false)
    #expect(try await compile("-o", scratch.file("out")).status == 0)
    #expect(FileManager.default.fileExists(atPath: scratch.file("out/manifest.json")))
  }

  @Test func ownFolderIsReplacedOnlyByForce() async throws {
    #expect(try await compile("-o", scratch.file("out")).status == 0)
    try scratch.write("out/note.txt", "mine")
    let refused = try await compile("-o", scratch.file("out"))
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--force"))
    #expect(FileManager.default.fileExists(atPath: scratch.file("out/note.txt")))
    #expect(try await compile("-o", scratch.file("out"), "--force").status == 0)
    #expect(!FileManager.default.fileExists(atPath: scratch.file("out/note.txt")))
    #expect(scratch.contents == ["m.onnx", "out"])
  }

  @Test func foreignFolderIsNeverReplaced() async throws {
    try FileManager.default.createDirectory(atPath: scratch.file("out"), withIntermediateDirectories: false)
    try scratch.write("out/thesis.tex", "years of work")
    let run = try await compile("-o", scratch.file("out"), "--force")
    #expect(run.status == 2)
    #expect(run.errors.contains("manifest.json"))
    #expect(FileManager.default.fileExists(atPath: scratch.file("out/thesis.tex")))
    #expect(scratch.contents == ["m.onnx", "out"])
  }

  @Test func fileIsNoFolder() async throws {
    try scratch.write("out", "a file")
    let run = try await compile("-o", scratch.file("out"), "--force")
    #expect(run.status == 2)
    #expect(run.errors.contains("is a file"))
  }

  @Test func missingParentIsTold() async throws {
    let run = try await compile("-o", scratch.file("no/such/out"))
    #expect(run.status == 2)
    #expect(run.errors.contains("no such file or directory"))
    #expect(scratch.contents == ["m.onnx"])
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere")) func forbiddenFolderIsTold() async throws {
    try FileManager.default.createDirectory(atPath: scratch.file("closed"), withIntermediateDirectories: false)
    chmod(scratch.file("closed"), 0o500)
    let run = try await compile("-o", scratch.file("closed/out"))
    #expect(run.status == 2)
    #expect(run.errors.contains("permission denied"))
  }

  /// Not even root may make a folder there.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self"), "no /proc"))
  func impossibleFolderIsTold() async throws {
    let run = try await compile("-o", "/proc/tricot")
    #expect(run.status == 2)
    #expect(run.errors.contains("/proc/tricot") && run.errors.contains("hint:"), "\(run.errors)")
  }

  @Test func missingVerilatorIsTold() async throws {
    let run = try await Invocation.tricot(["verify", model, "--samples", "10"], path: scratch.path)
    #expect(run.status == 2)
    #expect(run.errors.contains("apt-get install verilator"))
    #expect(run.output.isEmpty)
  }

  @Test func wrongArgumentsEndWithTwo() async throws {
    for arguments in [
      ["compile"], ["verify", model, "--samples", "0"], ["conpile"], ["simulate", model, "--inptu", "x"],
    ] {
      let run = try await Invocation.tricot(arguments)
      #expect(run.status == 2, "\(arguments)")
      #expect(run.output.isEmpty)
      #expect(run.errors.contains("Usage:"))
    }
    let help = try await Invocation.tricot("--help")
    #expect(help.status == 0)
    #expect(help.output.contains("compile"))
  }

  @Test func failedSimulationLeavesNoTrace() async throws {
    let run = try await Invocation.tricot(["simulate", model, "--input", "/dev/null", "--trace", scratch.file("t")])
    #expect(run.status == 2)
    #expect(scratch.contents == ["m.onnx"])
  }
}
