import ArgumentParser
import TricotCompiler

/// `tricot matrix`.
struct MatrixCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix",
    abstract: "A constant matrix times a vector as a graph of shared adders.",
    discussion: "Exit status: 0 found and verified, 1 the graph is wrong (our bug), 2 could not."
  )

  @Argument(help: "A .npy of shape [inputs, outputs]: integers, or multiples of a power of two. y = x · W.")
  var matrix: String

  @Option(help: ArgumentHelp("Bits of every input.", valueName: "bits"))
  var inputBits = 8

  @Flag(inversion: .prefixedNo, help: "Inputs are two's complement.")
  var signed = false

  @Option(help: ArgumentHelp("Most adder levels of an output; raised to the least possible.", valueName: "levels"))
  var maxDepth: Int?

  @Option(help: ArgumentHelp("Most adder levels above the least possible, or 'unlimited'.", valueName: "levels"))
  var extraDepth: ExtraDepth = .unlimited

  @Option(help: "How long to search: fast, normal or high.")
  var effort: HardwareChoices.Effort = .normal

  @Option(help: ArgumentHelp("Write a pipelined module.", valueName: "file.v"))
  var verilog: String?

  @Flag(help: "Replace the Verilog file if it exists.")
  var force = false

  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var parallel: ThreadArguments

  @OptionGroup var random: SeedArguments

  @OptionGroup var report: ReportArguments

  func validate() throws {
    if !(1...32).contains(inputBits) { throw ValidationError("--input-bits must lie within 1…32") }
    if verilog == nil && (pipeline.part != nil || pipeline.clockPeriod != nil) {
      throw ValidationError("--part and --clock-period are for the module of --verilog")
    }
    if let maxDepth, !(0...1000).contains(maxDepth) { throw ValidationError("--max-depth must lie within 0…1000") }
  }

  func run() async throws {
    var options = MatrixOptions(matrix: matrix)
    options.inputBits = inputBits
    options.isSigned = signed
    options.maximumDepth = maxDepth
    options.extraDepth = extraDepth.levels
    options.effort = effort
    options.seed = random.seed
    options.threads = parallel.threads
    options.verilog = verilog
    options.replacing = force
    options.part = pipeline.part
    options.clockPeriod = pipeline.clockPeriod ?? options.clockPeriod
    let result = try MatrixCompiler(options: options, clock: report.clock).run()
    try report.show(result, MatrixTable.text)
    if !result.verified { throw ExitStatus.different }
  }
}

/// Levels above the least, or no limit.
enum ExtraDepth: ExpressibleByArgument {
  case unlimited
  case levels(Int)

  init?(argument: String) {
    if argument == "unlimited" {
      self = .unlimited
    } else if let levels = Int(argument), (0...1000).contains(levels) {
      self = .levels(levels)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { "unlimited" }

  var levels: Int? {
    switch self {
    case .unlimited: nil
    case .levels(let levels): levels
    }
  }
}
