import ArgumentParser
import TricotCompiler

/// `tricot simulate`.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run the golden simulator, or the trained model itself, on a batch of events."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(help: ArgumentHelp("Events, one row each.", valueName: "x.npy"))
  var input: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the outputs.", valueName: "y.npy"))
  var output: String?

  @Option(help: ArgumentHelp("A folder for every layer's output.", valueName: "dir"))
  var trace: String?

  @Flag(help: "Evaluate the trained model in floating point instead; trees take NaN for a missing feature.")
  var float = false

  @Flag(help: "Replace the output file, and the trace folder if Tricot wrote it.")
  var force = false

  func validate() throws {
    if float && trace != nil { throw ValidationError("--trace is for the simulator, not for --float") }
  }

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    if float {
      return try report.show(
        try compilation.evaluate(input: input, output: output, replacing: force),
        SimulationTable.text
      )
    }
    try report.show(
      try compilation.simulate(input: input, output: output, trace: trace, replacing: force),
      SimulationTable.text
    )
  }
}
