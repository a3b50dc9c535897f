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

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Option(help: "What to write: \(BackendRegistry.names).")
  var backend = BackendRegistry.all[0].name

  @Flag(help: "Replace the output folder if Tricot wrote it.")
  var force = false

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    try report.show(try compilation.write(to: output, backend: backend, replacing: force), CompilationTable.text)
  }
}
