import ArgumentParser
import TricotCompiler

/// `tricot estimate`.
struct EstimateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Latency and resources, per layer and in total, before any vendor tool."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Flag(help: "Also synthesise with yosys, and show its counts beside the estimate.")
  var synthesize = false

  func run() async throws {
    let compiler = report.compiler(for: model.options)
    defer { report.showFindings(of: compiler) }
    try report.show(try await compiler.estimate(synthesize: synthesize), EstimationTable.text)
  }
}
