import DataFiles
import DesignIR
import FixedPointIR
import FoundationEssentials
import ModelIR
import NetlistIR
import TestSupport
import Testing
import TricotCompiler

/// `tricot compile --emit` and `--dump-after`, and `.tricot` files as models.
@Suite struct TextFormTests {
  /// The text again, by the reader of its form.
  private func again(_ text: String, _ form: EmittedForm) throws -> String {
    switch form {
    case .model: try ModelGraph(parsing: text, file: "emitted").description
    case .fixedPoint: try FixedPointGraph(parsing: text, file: "emitted").description
    case .netlist: try Netlist(parsing: text, file: "emitted").description
    case .design: try Design(parsing: text, file: "emitted").description
    }
  }

  private func compile(_ arguments: String...) async throws -> Invocation {
    try await Invocation.tricot(["compile"] + arguments + ["-q"])
  }

  @Test(arguments: EmittedForm.allCases) func `every form reads back`(form: EmittedForm) async throws {
    let run = try await compile(Example.model, "--config", Example.configuration, "--emit", form.rawValue)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try again(run.output, form) == run.output)
    let scratch = try Scratch()
    let file = scratch.file("form")
    let written = try await compile(
      Example.model,
      "--config",
      Example.configuration,
      "--emit",
      form.rawValue,
      "-o",
      file
    )
    #expect(written.status == 0 && written.output.isEmpty, "\(written.errors)")
    #expect(try String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self) == run.output)
    let once = try await compile(Example.model, "--config", Example.configuration, "--emit", form.rawValue, "-o", file)
    #expect(once.status == 2 && once.errors.contains("output-exists"))
  }

  @Test func `a text is a model`() async throws {
    let scratch = try Scratch()
    let file = scratch.file("jets.tricot")
    let emitted = try await compile(
      Example.model,
      "--config",
      Example.configuration,
      "--emit",
      "fixed-point",
      "-o",
      file
    )
    #expect(emitted.status == 0, "\(emitted.errors)")
    func outputs(_ model: [String]) async throws -> [Double] {
      let output = scratch.file("y.npy")
      let run = try await Invocation.tricot(
        ["simulate"] + model + ["--input", Example.inputs, "-o", output, "--force", "-q"]
      )
      #expect(run.status == 0, "\(run.errors)")
      return try NumPyArray(npy: Array(Data(contentsOf: URL(filePath: output))), file: output).values
    }
    let (fromText, fromModel) = (
      try await outputs([file]), try await outputs([Example.model, "--config", Example.configuration])
    )
    #expect(fromText == fromModel && !fromText.isEmpty)
    let again = try await compile(file, "--emit", "fixed-point")
    #expect(try again.output == String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self))
    func facts(_ model: [String]) async throws -> [Substring] {
      let hardware = ["--clock-period", "5", "--part", "xcvu13p", "--json", "-q"]
      let run = try await Invocation.tricot(["estimate"] + model + hardware)
      #expect(run.status == 0, "\(run.errors)")
      let keys = ["\"lut\"", "\"ff\"", "\"latency_cycles\""]
      return run.output.split(separator: "\n").filter { line in keys.contains { line.contains($0) } }
    }
    let estimate = try await facts([file])
    #expect(estimate.count >= 3)
    #expect(try await facts([Example.model, "--config", Example.configuration]) == estimate)
    let inspected = try await Invocation.tricot("inspect", file, "--json", "-q")
    #expect(inspected.status == 0, "\(inspected.errors)")
    let project = scratch.file("project")
    let compiled = try await compile(file, "-o", project)
    #expect(compiled.status == 0, "\(compiled.errors)")
  }

  @Test(arguments: [
    (["--precision", "fixed<8,4>"], "option-without-effect"), (["--emit", "model"], "no-trained-model"),
    (["--dump-after", "constant-sinkin"], "unknown-pass"), (["--dump-after", "magnitude-pruning"], "pass-not-run"),
  ])
  func `what a quantised model cannot give is refused`(arguments: [String], code: String) async throws {
    let scratch = try Scratch()
    let file = try scratch.write("one.tricot", Self.small)
    let run = try await Invocation.tricot(["compile", file, "-o", scratch.file("out")] + arguments)
    #expect(run.status == 2 && run.errors.contains("[\(code)]"), "\(run.errors)")
    #expect(scratch.contents == ["one.tricot"])
  }

  @Test func `a mistake in a text is named with its line`() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("one.tricot", Self.small.replacing("3\n", with: "3 4\n"))
    let run = try await Invocation.tricot("estimate", file)
    #expect(run.status == 2)
    #expect(run.errors.contains("line 5, column 9"), "\(run.errors)")
  }

  private static let small = """
    graph 'one'
      'x' Input [1] int<4> = input
      'y' Dense [1] int<6> = dense('x')
        kernel [1, 1] grid 0
          3
        bias 1
      return 'y'

    """

  @Test(arguments: ["accumulator-simplification", "dead-weights", "dead-values", "constant-sinking", "pipelining"])
  func `what a pass made can be had`(pass: String) async throws {
    let scratch = try Scratch()
    let file = try scratch.write("one.tricot", Self.small)
    let run = try await compile(file, "--dump-after", pass)
    #expect(run.status == 0, "\(run.errors)")
    let again =
      switch pass {
      case "accumulator-simplification", "dead-weights":
        try FixedPointGraph(parsing: run.output, file: "dumped").description
      case "pipelining": try Circuit(parsing: run.output, file: "dumped").description
      default: try Netlist(parsing: run.output, file: "dumped").description
      }
    #expect(again == run.output)
  }

  @Test func `passes are listed`() async throws {
    let run = try await Invocation.tricot("passes", "--json")
    #expect(try run.json([PassListing].self) == PassListing.all)
    let table = try await Invocation.tricot("passes")
    for pass in PassListing.all { #expect(table.output.contains(pass.name) && table.output.contains(pass.purpose)) }
  }
}
