import DataFiles
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

  @Test func filesAreReplacedOnlyByForce() async throws {
    let inputs = try scratch.write("x.npy", try NumPyArray(shape: [2, 2], values: [0, 1, 2, 3]).npyBytes())
    let matrix = try scratch.write("w.npy", try NumPyArray(shape: [1, 1], values: [3]).npyBytes())
    for (name, command) in [
      ("y.npy", ["simulate", model, "--input", inputs, "-o", scratch.file("y.npy")]),
      ("w.v", ["matrix", matrix, "--verilog", scratch.file("w.v")]),
    ] {
      try scratch.write(name, "mine")
      let refused = try await Invocation.tricot(command)
      #expect(refused.status == 2 && refused.errors.contains("--force"), "\(refused.errors)")
      #expect(try Data(contentsOf: URL(filePath: scratch.file(name))) == Data("mine".utf8))
      let forced = try await Invocation.tricot(command + ["--force"])
      #expect(forced.status == 0, "\(forced.errors)")
      #expect(try Data(contentsOf: URL(filePath: scratch.file(name))) != Data("mine".utf8))
      // A folder, or a device, is no file to replace.
      let folder = try await Invocation.tricot(command.dropLast() + ["/dev/null", "--force"])
      #expect(folder.status == 2 && folder.errors.contains("no file"), "\(folder.errors)")
    }
  }

  @Test func forceWithoutAFolderIsRefused() async throws {
    let refused = try await Invocation.tricot("fuzz", "--count", "1", "--force")
    #expect(refused.status != 0 && refused.errors.contains("--force needs --output"), "\(refused.errors)")
  }

  @Test(arguments: [
    ["compile", "-o", "out", "--backend", "hls", "--latency", "5"],
    ["compile", "-o", "out", "--firmware-version", "2"],
    ["compile", "-o", "out", "--interface", "axis"], ["compile", "-o", "out", "--backend", "hls", "--ap-types", "."],
    ["compile", "-o", "out", "--backend", "hls", "--hierarchy", "shared"],
    ["compile", "-o", "out", "--backend", "hls", "--strategy", "logic"],
    ["verify", "--backend", "hls", "--recurrence", "sequential"],
    ["verify", "--backend", "hls", "--latency", "5"], ["verify", "--interface", "axis"],
    ["emulator", "-o", "out", "--latency", "5"],
    ["estimate", "--firmware-version", "2"], ["inspect", "--coverage", "0.9"],
    ["inspect", "--sparsity-scope", "global"],
    ["inspect", "--tree-output", "probability"], ["inspect", "--input-precision", "fixed<8,4>", "--input-bits", "8"],
  ])
  func idleOptionsAreRefused(_ arguments: [String]) async throws {
    let option = try #require(arguments.last { $0.hasPrefix("--") && $0 != "--backend" })
    let run = try await Invocation.tricot(
      [arguments[0], model] + arguments.dropFirst().map { $0 == "out" ? scratch.file($0) : $0 }
    )
    #expect(run.status == 2, "\(arguments)")
    #expect(run.errors.contains(option), "\(run.errors)")
    #expect(scratch.contents == ["m.onnx"])
  }

  @Test func idleOptionsOfMatricesAreRefused() async throws {
    let matrix = try scratch.write("w.npy", try NumPyArray(shape: [1, 1], values: [3]).npyBytes())
    for option in [["--part", "xcvu13p"], ["--clock-period", "3"]] {
      let run = try await Invocation.tricot(["matrix", matrix] + option)
      #expect(run.status == 2 && run.errors.contains("--verilog"), "\(run.errors)")
    }
  }

  @Test(arguments: ["compile", "matrix", "table"])
  func sharedOptionsAreCheckedEverywhere(_ command: String) async throws {
    let given = [
      "compile": ["-o", "out"], "table": ["--address", "a.yml", "-o", "out"], "matrix": ["--verilog", "w.v"],
    ][command]
    guard let given else { return }
    for (option, value) in [("--threads", "0"), ("--clock-period", "0.01")] {
      let run = try await Invocation.tricot([command, model] + given + [option, value])
      #expect(run.status == 2 && run.errors.contains("\(option) must lie within"), "\(command): \(run.errors)")
    }
  }

  @Test func failedSimulationLeavesNoTrace() async throws {
    let run = try await Invocation.tricot(["simulate", model, "--input", "/dev/null", "--trace", scratch.file("t")])
    #expect(run.status == 2)
    #expect(scratch.contents == ["m.onnx"])
  }
}
