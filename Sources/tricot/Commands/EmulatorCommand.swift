import ArgumentParser
import TricotCompiler

/// `tricot emulator`.
struct EmulatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emulator",
    abstract: "Build a shared library that computes what the firmware computes.",
    discussion: "Its C interface is in the header beside it; its symbols carry the project's name and version."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Flag(help: "Replace the output folder if Tricot wrote it.")
  var force = false

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    try report.show(try await compilation.emulator(to: output, replacing: force), EmulatorTable.text)
  }
}
