import ArgumentParser
import TricotCompiler

/// `tricot compare`.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Check an import: the trained model in floating point against what the framework computes.",
    discussion: "Exit status: 0 the same but for rounding, 1 different, 2 could not."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(help: ArgumentHelp("Events, one row each.", valueName: "x.npy"))
  var input: String

  @Option(help: ArgumentHelp("What the framework computes of them.", valueName: "y.npy"))
  var reference: String

  @Option(help: ArgumentHelp("What it computes in layers, by the layers' names.", valueName: "layers.npz"))
  var trace: String?

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    let result = try compilation.compare(input: input, reference: reference, trace: trace)
    try report.show(result, ComparisonTable.text)
    if !result.agrees { throw ExitStatus.different }
  }
}
