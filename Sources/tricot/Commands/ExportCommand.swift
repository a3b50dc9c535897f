import ArgumentParser
import TricotCompiler

/// `tricot export`.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model of trees as conifer's JSON, for its C++ header library."
  )

  @Argument(help: "Trees: XGBoost's .json or .ubj, LightGBM's .txt, TMVA's .xml, conifer's .json or .onnx.")
  var model: String

  @Option(help: ArgumentHelp("conifer's configuration; its precisions go into the file.", valueName: "file"))
  var config: String?

  @Option(help: "The format: conifer.")
  var to: ExportFormat = .conifer

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(help: "Replace the file if it is there.")
  var force = false

  @OptionGroup var report: ReportArguments

  func run() async throws {
    var options = CompilationOptions(model: model)
    options.configuration = config
    let compilation = report.compilation(options)
    defer { report.showFindings(of: compilation) }
    try report.show(try compilation.export(to: output, replacing: force), Self.text)
  }

  private static func text(_ report: ExportReport) -> String {
    var facts = FactList()
    facts.add("file", "\(report.file), \(NumberText.count(report.bytes)) bytes")
    facts.add("trees", "\(NumberText.count(report.trees)) with \(NumberText.count(report.splits)) comparisons")
    facts.add("features", NumberText.count(report.features))
    facts.add("scores", NumberText.count(report.scores))
    return facts.text()
  }
}

/// Formats that models are written in.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case conifer
}
