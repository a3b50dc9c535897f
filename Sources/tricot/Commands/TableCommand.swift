import ArgumentParser
import TricotCompiler

/// `tricot table`.
struct TableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "A whole model of trees as a look-up table over a packed address.",
    discussion: "'tricot table MODEL …' is short for 'tricot table build MODEL …'.",
    subcommands: [TableBuildCommand.self, TableDecodeCommand.self],
    defaultSubcommand: TableBuildCommand.self
  )
}

/// `tricot table build`.
struct TableBuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Evaluate a model of trees on every address.",
    discussion: """
      Writes the words of all addresses (.mem, .coe, packed binary), the Verilog of the address encoder, and a report.
      An interrupted run goes on where it stopped.
      Exit status: 0 written, 1 the encoder's Verilog is wrong (our bug), 2 could not.
      """
  )

  @Argument(help: "Trees: XGBoost's .json or .ubj, LightGBM's .txt, ONNX, conifer's .json or TMVA's .xml.")
  var model: String

  @Option(help: ArgumentHelp("The fields of the address and the coding of the word.", valueName: "spec.yml"))
  var address: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Option(help: "Files to split the table over, by the highest address bits.")
  var banks = 1

  @Option(help: ArgumentHelp("Typical events, for coverage and resolution.", valueName: "x.npy"))
  var events: String?

  @Option(
    help: ArgumentHelp(
      "What the model itself takes of the events, when the specification cannot tell.",
      valueName: "x.npy"
    )
  )
  var inputs: String?

  @Option(help: ArgumentHelp("The score that the model was trained for, of the same events.", valueName: "y.npy"))
  var truth: String?

  @Flag(help: "Also drive the encoder's Verilog under Verilator.")
  var verify = false

  @Flag(help: "Replace a table that Tricot wrote, or the work of an interrupted run for another one.")
  var force = false

  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var parallel: ThreadArguments
  @OptionGroup var report: ReportArguments

  func validate() throws {
    if !(1...4096).contains(banks) { throw ValidationError("--banks must lie within 1…4096") }
    if events == nil && inputs != nil { throw ValidationError("--inputs needs the --events that it belongs to") }
    if events == nil && truth != nil { throw ValidationError("--truth needs the --events that it belongs to") }
  }

  func run() async throws {
    var options = TableOptions(model: model, specification: address, output: output)
    options.banks = banks
    options.events = events
    options.inputs = inputs
    options.truth = truth
    options.verify = verify
    options.replacing = force
    options.part = pipeline.part
    options.clockPeriod = pipeline.clockPeriod ?? options.clockPeriod
    options.threads = parallel.threads
    let result = try await TableCompiler(options: options, clock: report.clock).run()
    try report.show(result, AddressTableText.text)
    if !result.isEqual { throw ExitStatus.different }
  }
}
