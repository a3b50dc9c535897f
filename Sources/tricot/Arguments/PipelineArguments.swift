import ArgumentParser

/// What a pipeline is cut for.
struct PipelineArguments: ParsableArguments {
  @Option(help: ArgumentHelp("FPGA, such as xcvu13p or a full ordering code.", valueName: "part"))
  var part: String?

  @Option(help: ArgumentHelp("Clock period in nanoseconds; 5, or that of a configuration.", valueName: "ns"))
  var clockPeriod: Double?

  func validate() throws {
    if let clockPeriod, !(clockPeriod >= 0.1 && clockPeriod <= 1000) {
      throw ValidationError("--clock-period must lie within 0.1…1000 ns")
    }
  }
}

/// On how many threads work is done; no result depends on it.
struct ThreadArguments: ParsableArguments {
  @Option(help: "Threads to use; all cores when left out.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must lie within 1…1024") }
  }
}
