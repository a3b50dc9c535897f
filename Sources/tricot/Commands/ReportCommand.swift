import ArgumentParser
import TricotCompiler

/// `tricot report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show what HLS tools and Vivado reported of a project, beside Tricot's estimate."
  )

  @Argument(help: ArgumentHelp("A project folder in which tools have run.", valueName: "dir"))
  var folder: String

  @OptionGroup var report: ReportArguments

  func run() throws { try report.show(try ToolReportReader.read(folder), ToolReportTable.text) }
}
