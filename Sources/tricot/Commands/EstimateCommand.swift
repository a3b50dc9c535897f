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

  @Option(help: "Of which firmware: \(BackendRegistry.names).")
  var backend = BackendRegistry.all[0].name

  @Flag(help: "Also synthesise with yosys, and show its counts beside the estimate.")
  var synthesize = false

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    let estimate = try await compilation.estimate(synthesize: synthesize, backend: backend)
    try report.show(estimate, EstimationTable.text)
  }
}
