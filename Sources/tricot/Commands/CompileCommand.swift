import ArgumentParser
import TricotCompiler

/// `tricot compile`.
struct CompileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Write a firmware project: Verilog or C++ for HLS, testbench, scripts, report."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder to write; of --emit and --dump-after the file, else standard output.",
      valueName: "dir"
    )
  )
  var output: String?

  @Option(help: "What to write: \(BackendRegistry.names).")
  var backend = BackendRegistry.all[0].name

  @Flag(help: "Replace the output folder if Tricot wrote it.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "Write the model in one of its forms instead: \(EmittedForm.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "form"
    )
  )
  var emit: EmittedForm?

  @Option(help: ArgumentHelp("Write what a pass made instead; see tricot passes.", valueName: "pass"))
  var dumpAfter: String?

  func validate() throws {
    let writesText = emit != nil || dumpAfter != nil
    if emit != nil && dumpAfter != nil { throw ValidationError("give --emit or --dump-after, not both") }
    if !writesText && output == nil { throw ValidationError("--output is missing: the folder to write") }
    if writesText && report.json { throw ValidationError("--json has no effect on a text form") }
  }

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    if let emit {
      try write(compilation, try compilation.text(of: emit))
    } else if let dumpAfter {
      try write(compilation, try compilation.text(afterPass: dumpAfter))
    } else if let output {
      try report.show(try compilation.write(to: output, backend: backend, replacing: force), CompilationTable.text)
    }
  }

  /// Writes a text where it is asked for.
  private func write(_ compilation: Compilation, _ text: @autoclosure () throws -> String) throws {
    guard let output else { return Console.print(try text()) }
    try compilation.write(try text(), to: output, replacing: force)
  }
}

extension EmittedForm: ExpressibleByArgument {}
