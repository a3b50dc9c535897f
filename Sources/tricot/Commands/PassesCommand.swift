import ArgumentParser
import TricotCompiler

/// `tricot passes`.
struct PassesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passes",
    abstract: "Show the passes that rewrite a model on its way to hardware.",
    discussion: "--dump-after of tricot compile takes their names."
  )

  @OptionGroup var report: ReportArguments

  func run() throws {
    try report.show(PassListing.all) { passes in
      var table = TextTable([("pass", .left), ("reads", .left), ("purpose", .left)])
      for pass in passes { table.add([pass.name, pass.level, pass.purpose]) }
      return table.text()
    }
  }
}
