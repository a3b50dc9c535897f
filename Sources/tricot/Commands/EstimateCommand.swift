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

  @Option(help: ArgumentHelp("Show the reuse factors with which each layer fits this FPGA.", valueName: "part"))
  var fit: String?

  @Option(
    help: ArgumentHelp("With --fit: most cycles between events; those without reuse when left out.", valueName: "n")
  )
  var interval: Int?

  func validate() throws {
    if interval != nil && fit == nil { throw ValidationError("--interval needs a --fit") }
    if let interval, interval < 1 { throw ValidationError("--interval must be positive") }
    if fit != nil && backend != BackendRegistry.all[0].name { throw ValidationError("--fit is about Verilog alone") }
    if fit != nil && synthesize { throw ValidationError("--fit and --synthesize do not go together") }
    if let part = model.choices.hardware.pipeline.part, let fit, part != fit {
      throw ValidationError("--part is another one than --fit's")
    }
  }

  func run() async throws {
    var options = model.options
    if let fit { options.hardware.part = fit }
    let compilation = report.compilation(options)
    defer { report.showFindings(of: compilation) }
    if fit != nil {
      try report.show(try compilation.fit(interval: interval), FitTable.text)
      return
    }
    let estimate = try await compilation.estimate(synthesize: synthesize, backend: backend)
    try report.show(estimate, EstimationTable.text)
  }
}
