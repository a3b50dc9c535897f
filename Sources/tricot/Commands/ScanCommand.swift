import ArgumentParser
import TricotCompiler

/// `tricot scan`.
struct ScanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Estimate and judge a model, or several, over a grid of options.",
    discussion: """
      A YAML names models, events and a grid or a list of options (docs/scans.md). Every point is written as it is found; an \
      interrupted scan goes on when it is called again. The end is a table, scan.json and scan.html with the fronts.
      With --snakemake the same points become jobs of a workflow, for Slurm, HTCondor or here.
      """
  )

  @Argument(help: ArgumentHelp("What to scan.", valueName: "scan.yml"))
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the results.", valueName: "dir"))
  var output: String?

  @Option(help: ArgumentHelp("Write a Snakemake workflow into a folder instead.", valueName: "dir"))
  var snakemake: String?

  @Option(help: ArgumentHelp("Compute one point only, as a workflow does.", valueName: "key"))
  var point: String?

  @Option(help: "Points that are computed at once; all cores when left out.")
  var jobs: Int?

  @OptionGroup var report: ReportArguments

  func validate() throws {
    if (output == nil) == (snakemake == nil) {
      throw ValidationError("give --output or --snakemake, the folder to write")
    }
    if snakemake != nil && (point != nil || report.json) {
      throw ValidationError("--point and --json have no effect on a workflow")
    }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must lie within 1…1024") }
  }

  func run() async throws {
    let scan = Scan(file: file, output: output ?? snakemake ?? ".", jobs: jobs, clock: report.clock)
    if let snakemake {
      let count = try scan.writeWorkflow()
      Console.print("\(count) jobs; run them with\ncd \(snakemake) && snakemake --cores all")
    } else if let point {
      try await scan.run(point: point)
    } else {
      try report.show(try await scan.run(), ScanTable.text)
    }
  }
}
