import ArgumentParser
import TricotCompiler

/// `tricot verify`.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove the firmware equal to the simulator, bit for bit, on real clock cycles.",
    discussion: "Exit status: 0 equal, 1 different, 2 could not."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(help: ArgumentHelp("Events, one row each; random ones when left out.", valueName: "x.npy"))
  var input: String?

  @Option(help: ArgumentHelp("How many random events; with --input, how many of its events.", valueName: "n"))
  var samples: Int?

  @Option(help: ArgumentHelp("Outputs to be reached exactly.", valueName: "y.npy"))
  var expected: String?

  @Option(help: "What to verify: \(BackendRegistry.proofs).")
  var backend = BackendRegistry.all[0].name

  @Flag(inversion: .prefixedNo, help: "Keep Verilator's own library, once built, in the user's cache folder.")
  var cache = true

  func validate() throws {
    if let samples, !(1...100_000_000).contains(samples) { throw ValidationError("--samples must be positive") }
    if !cache, let choice = BackendRegistry.all.first(where: { $0.name == backend }), !choice.usesVerilator {
      throw ValidationError("--no-cache is about Verilator's library, which --backend \(backend) does not build")
    }
    if expected != nil && input == nil { throw ValidationError("--expected needs the --input that it belongs to") }
  }

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    let result = try await compilation.verify(
      input: input,
      samples: samples,
      expected: expected,
      backend: backend,
      usesCache: cache
    )
    try report.show(result, VerificationTable.text)
    if !result.isEqual { throw ExitStatus.different }
  }
}
