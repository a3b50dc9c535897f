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

  @Option(help: "What to write: verilog or hls.")
  var backend = "verilog"

  @Flag(help: "Replace the output folder if Tricot wrote it.")
  var force = false

  func run() async throws {
    let compiler = report.compiler(for: model.options)
    defer { report.showFindings(of: compiler) }
    try report.show(try compiler.compile(to: output, backend: backend, replacing: force), CompilationTable.text)
  }
}
