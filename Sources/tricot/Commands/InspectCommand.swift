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

  @Flag(help: "Sizes of weights, and of values on the input or calibration data, as small bars beside their types.")
  var histogram = false

  @Option(
    help: ArgumentHelp("For trees: the share of calibration decisions that fewer bits may change.", valueName: "0…1")
  )
  var loss: Double?

  @Option(help: ArgumentHelp("For trees: the rms error of the score that fewer bits may cost.", valueName: "error"))
  var scoreError: Double?

  @Option(
    help: ArgumentHelp("The score above which one output decides yes; 0, or 0.5 of probabilities.", valueName: "cut")
  )
  var workingPoint: Double?

  func validate() throws {
    if histogram && report.json { throw ValidationError("--histogram has no effect on JSON; see report --json") }
    if let loss, !(loss >= 0 && loss < 1) { throw ValidationError("--loss must be at least 0 and below 1") }
    if let scoreError, !(scoreError >= 0 && scoreError.isFinite) {
      throw ValidationError("--score-error must be at least 0")
    }
    if let workingPoint, !workingPoint.isFinite { throw ValidationError("--working-point must be a number") }
  }

  private var allowedLoss: AllowedLoss {
    var allowed = AllowedLoss(decisions: loss, score: scoreError)
    allowed.workingPoint = workingPoint ?? (model.choices.treeOutput == .probability ? 0.5 : 0)
    return allowed
  }

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    try report.show(try compilation.inspect(input: input, loss: allowedLoss), InspectionTable.text)
    if histogram { Console.print("\n" + HistogramText.text(try compilation.magnitudeHistograms(input: input))) }
  }
}
