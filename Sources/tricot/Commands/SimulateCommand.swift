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

  @Option(
    help: ArgumentHelp("A folder for every layer's output; of processors, a file for every cycle.", valueName: "path")
  )
  var trace: String?

  @Option(help: "Simulate the machine of a backend cycle by cycle instead: processors.")
  var backend: CycleBackend?

  @Option(help: ArgumentHelp("Stop when a processor's first sum is complete, and show registers.", valueName: "name"))
  var breakAt: String?

  @Option(help: ArgumentHelp("Of a machine: how many events.", valueName: "n"))
  var samples: Int?

  @Flag(help: "Evaluate the trained model in floating point instead; trees take NaN for a missing feature.")
  var float = false

  @Flag(help: "Replace the output file, and the trace folder if Tricot wrote it.")
  var force = false

  func validate() throws {
    if backend == nil && (breakAt != nil || samples != nil) {
      throw ValidationError("--break-at and --samples are for --backend processors")
    }
    if backend != nil && (float || output != nil) {
      throw ValidationError("--float and -o are for the golden simulator, not for --backend")
    }
    if float && trace != nil { throw ValidationError("--trace is for the simulator, not for --float") }
  }

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    if backend != nil {
      return try report.show(
        try compilation.simulateMachine(
          input: input,
          samples: samples,
          trace: trace,
          breakpoint: breakAt,
          replacing: force
        ),
        MachineSimulationTable.text
      )
    }
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

/// Backends whose firmware has a simulator of every cycle.
enum CycleBackend: String, CaseIterable, ExpressibleByArgument {
  case processors
}
