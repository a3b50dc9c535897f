import ArgumentParser
import TricotCompiler

/// `tricot fuzz`.
struct FuzzCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Random small networks through simulator, netlist, Verilator and C++; all must agree.",
    discussion: "Exit status: 0 equal, 1 different, 2 could not."
  )

  @OptionGroup var report: ReportArguments

  @Option(help: "How many networks.")
  var count = 200

  @Option(help: "Seed; random when left out, and always printed.")
  var seed: UInt64?

  @Option(help: "Events per network.")
  var samples = 64

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the networks as .tricot files, and the report.", valueName: "dir")
  )
  var output: String?

  @Flag(help: "Replace the output folder if Tricot wrote it.")
  var force = false

  func validate() throws {
    if !(1...100_000).contains(count) { throw ValidationError("--count must lie within 1…100000") }
    if !(1...1_000_000).contains(samples) { throw ValidationError("--samples must be positive") }
    if output == nil && force { throw ValidationError("--force needs --output") }
  }

  func run() async throws {
    let fuzzer = NetworkFuzzer(
      seed: seed ?? UInt64.random(in: 0...UInt64.max),
      count: count,
      samples: samples,
      output: output,
      replacing: force,
      clock: report.clock
    )
    let result = try await fuzzer.run()
    try report.show(result, FuzzTable.text)
    if !result.isEqual { throw ExitStatus.different }
  }
}
