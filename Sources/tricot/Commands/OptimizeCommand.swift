import ArgumentParser
import TricotCompiler

/// `tricot optimize`.
struct OptimizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimize",
    abstract: "Quantise and prune a float network or trees to a budget: no labels, no training framework.",
    discussion: """
      Writes a whole curve of networks, from faithful to small, each as a .tricot that every other command takes; the folder \
      itself stands for the point that was chosen. Without limits half a percent of accuracy may be lost. An interrupted \
      search keeps its points, and goes on when it is called again.
      Exit status: 0 a point meets all limits, 1 none does and the nearest was chosen, 2 could not.
      """
  )

  @Argument(help: "A float network: an .onnx, .keras or .h5 file, or a Keras .json with --weights; or a file of trees.")
  var model: String

  @OptionGroup var weightFile: WeightArguments

  @Option(help: ArgumentHelp("Typical inputs, some thousand; one in five is held out to judge by.", valueName: "x.npy"))
  var calibration: String

  @Option(
    help: ArgumentHelp("Their classes, for accuracies in the report; nothing is fitted to them.", valueName: "y.npy")
  )
  var labels: String?

  @Option(help: ArgumentHelp("Limits of the hardware, such as 'lut=5000, latency=50ns, dsp=0'.", valueName: "limits"))
  var budget: String?

  @Option(help: ArgumentHelp("The accuracy that may be lost, such as 0.5%.", valueName: "percent"))
  var loss: Percentage?

  @Option(help: ArgumentHelp("The mean divergence of the answers that is allowed.", valueName: "nats"))
  var kl: Double?

  @Option(help: ArgumentHelp("The share of events that keep their answer, such as 99.5%.", valueName: "percent"))
  var agreement: Percentage?

  @Option(help: "How long to search: fast, normal or high.")
  var effort: OptimizationOptions.Effort = .normal

  @Option(
    help: ArgumentHelp(
      "What the outputs mean: classes, logistic, numbers, anomaly (of which a score is made: the squared error of what is "
        + "reconstructed, or an encoder's squared length), or automatic by the last layer."
    )
  )
  var outputs: OptimizationOptions.Outputs = .automatic

  @Flag(help: "Take a model with trained types, too (HGQ2, QKeras): new ones are fitted to its answers.")
  var retype = false

  @Option(help: ArgumentHelp("Inputs that are not to be used, by number, such as 3,7.", valueName: "inputs"))
  var dropInputs: NumberList?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Flag(help: "Replace the results of another search.")
  var force = false

  @Flag(inversion: .prefixedNo, help: "Have yosys count the LUTs of points that a budget may choose.")
  var synthesis = true

  @Flag(help: "Also quantise with the same bits everywhere, for comparison.")
  var compareUniform = false

  @Option(
    help: ArgumentHelp(
      "Networks from elsewhere to draw beside the curve, as JSON; may be given several times.",
      valueName: "front.json"
    )
  )
  var compare: [String] = []

  @Option(help: ArgumentHelp("Leave out a part of the search, to see what it is worth.", visibility: .hidden))
  var without: [OptimizationOptions.Step] = []

  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var parallel: ThreadArguments
  @OptionGroup var random: SeedArguments

  @OptionGroup var report: ReportArguments

  func validate() throws {
    if let kl, !(kl > 0 && kl < 100) { throw ValidationError("--kl must be positive") }
  }

  func run() async throws {
    var options = OptimizationOptions(model: model, calibration: calibration, output: output)
    options.weights = weightFile.weights
    options.labels = labels
    options.budget = budget
    options.loss = loss?.fraction
    options.kl = kl
    options.agreement = agreement?.fraction
    options.effort = effort
    options.outputs = outputs
    options.droppedInputs = dropInputs?.values ?? []
    options.retypes = retype
    options.replacing = force
    options.synthesizes = synthesis
    options.comparesUniform = compareUniform
    options.references = compare
    options.leftOut = without
    options.part = pipeline.part
    options.clockPeriod = pipeline.clockPeriod
    options.threads = parallel.threads
    options.seed = random.seed
    let search = BudgetSearch(options: options, clock: report.clock)
    defer {
      for finding in search.findings where !report.quiet || finding.severity == .error {
        Console.printError(Console.text(of: finding))
      }
    }
    var result = try await search.run()
    for index in result.points.indices { result.points[index].model = output + "/" + result.points[index].model }
    try report.show(result, OptimizationTable.text)
    if !result.isMet { throw ExitStatus.different }
  }
}

/// A share, with a percent sign or as a fraction.
struct Percentage: ExpressibleByArgument {
  var fraction: Double

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let value = Double(isPercent ? String(argument.dropLast()) : argument) else { return nil }
    fraction = isPercent ? value / 100 : value
    guard fraction > 0, fraction < 1 || (isPercent && fraction <= 1) else { return nil }
  }
}

extension OptimizationOptions.Effort: ExpressibleByArgument {}
extension OptimizationOptions.Step: ExpressibleByArgument {}
extension OptimizationOptions.Outputs: ExpressibleByArgument {}
