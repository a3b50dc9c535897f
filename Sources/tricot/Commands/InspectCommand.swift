import ArgumentParser
import TricotCompiler

/// `tricot inspect`.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Layers, shapes, types, proven ranges, and what could overflow."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(help: ArgumentHelp("Events on which to count overflows.", valueName: "x.npy"))
  var input: String?

  func run() async throws {
    let compiler = report.compiler(for: model.options)
    defer { report.showFindings(of: compiler) }
    try report.show(try compiler.inspect(input: input), InspectionTable.text)
  }
}
