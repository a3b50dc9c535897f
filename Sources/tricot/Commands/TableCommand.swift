import ArgumentParser
import TricotCompiler

/// `tricot table`.
struct TableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "A whole model of trees as a look-up table over a packed address.",
    discussion: """
      Writes the words of all addresses (.mem, .coe, packed binary) and the Verilog of the address encoder.
      An interrupted run goes on where it stopped.
      """
  )

  @Argument(help: "Trees: XGBoost's .json or .ubj, LightGBM's .txt, conifer's .json or TMVA's .xml.")
  var model: String

  @Option(help: ArgumentHelp("The fields of the address and the coding of the word.", valueName: "spec.yml"))
  var address: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Option(help: "Files to split the table over, by the highest address bits.")
  var banks = 1

  @Option(help: ArgumentHelp("Typical events, for the coverage of the addresses.", valueName: "x.npy"))
  var events: String?

  @Option(help: ArgumentHelp("FPGA that the encoder's pipeline is cut for.", valueName: "part"))
  var part: String?

  @Option(help: ArgumentHelp("Clock period in nanoseconds.", valueName: "ns"))
  var clockPeriod = 5.0

  @Option(help: "Threads to use; all cores when left out.")
  var threads: Int?

  @OptionGroup var report: ReportArguments

  func validate() throws {
    if !(1...4096).contains(banks) { throw ValidationError("--banks must lie within 1…4096") }
    if !(clockPeriod >= 0.1 && clockPeriod <= 1000) {
      throw ValidationError("--clock-period must lie within 0.1…1000 ns")
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must lie within 1…1024") }
  }

  func run() async throws {
    var options = TableOptions(model: model, specification: address, output: output)
    options.banks = banks
    options.events = events
    options.part = part
    options.clockPeriod = clockPeriod
    options.threads = threads
    let progress = report.quiet ? nil : ProgressLine()
    let result = try TableCompiler(options: options, clock: StageClock { progress?.stage($0) }).run()
    try report.show(result, AddressTableText.text)
  }
}

/// What `tricot table` prints for people.
enum AddressTableText {
  static func text(_ report: TableReport) -> String {
    var facts = FactList()
    facts.add("table", "\(NumberText.count(report.words)) words of \(report.wordBits) bits, \(report.banks) banks")
    facts.add("distinct", "\(NumberText.count(report.distinctWords)) different words")
    if report.resumed > 0 { facts.add("resumed", "\(NumberText.count(report.resumed)) words were there") }
    facts.add("evaluation", NumberText.duration(report.seconds))
    if let events = report.events, let hit = report.addressesHit {
      facts.add("coverage", "\(NumberText.count(events)) events lead to \(NumberText.count(hit)) addresses")
    }
    facts.add(
      "encoder",
      "\(report.encoderLatencyCycles) cycles, \(CompilationTable.resources(report.encoderResources))"
    )
    facts.add("sha256", report.sha256.joined(separator: " "))
    return facts.text()
  }
}
