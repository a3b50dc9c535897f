import ArgumentParser
import TricotCompiler

/// `tricot report`.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "A page about a model or a project; what HLS tools and Vivado reported of a project.",
    discussion: """
      With --html: one file for a browser with layers, types, ranges, resources, stages and pictures of them; several models \
      or projects stand side by side. Options decide how models are quantised and built, projects are as they were written.
      Without: of a project, the tools' reports beside Tricot's estimate; of a model, the numbers of its page.
      """
  )

  @Argument(help: ArgumentHelp("Project folders or models.", valueName: "dir-or-model"))
  var subjects: [String]

  @Option(help: ArgumentHelp("Write a page for a browser.", valueName: "file.html"))
  var html: String?

  @Flag(help: "Replace the page if it is there.")
  var force = false

  @Option(help: ArgumentHelp("Typical events; the calibration data when left out.", valueName: "x.npy"))
  var input: String?

  @Option(help: ArgumentHelp("Their classes, for curves of efficiency.", valueName: "y.npy"))
  var labels: String?

  @Flag(help: "Have yosys count the Verilog, too.")
  var synthesize = false

  @Option(help: "Whose hardware: \(BackendRegistry.names).")
  var backend = BackendRegistry.all[0].name

  @OptionGroup var choices: ModelChoices
  @OptionGroup var report: ReportArguments

  func validate() throws {
    if subjects.count > 1 && html == nil { throw ValidationError("several models are compared on a page: give --html") }
    if html == nil && force { throw ValidationError("--force needs --html") }
    if subjects.count > 2 { throw ValidationError("two at most are compared") }
  }

  func run() async throws {
    if html == nil, ModelReport.isProject(subjects[0]) {
      return try report.show(try ToolReportReader.read(subjects[0]), ToolReportTable.text)
    }
    var reports: [ModelReport] = []
    for subject in subjects { reports.append(try await modelReport(subject)) }
    if let html { try ModelReport.write(reports, names: names, to: html, replacing: force) }
    if report.json {
      Console.print(try reports.count == 1 ? jsonText(reports[0]) : jsonText(reports))
    } else {
      Console.print(ModelReportTable.text(reports, names: names, page: html))
    }
  }

  private func modelReport(_ subject: String) async throws -> ModelReport {
    if ModelReport.isProject(subject) {
      if input != nil || labels != nil || synthesize {
        throw ValidationError("--input, --labels and --synthesize are for models; a project is as it was written")
      }
      return try ModelReport.read(fromProject: subject)
    }
    let compilation = report.compilation(choices.options(for: subject))
    defer { report.showFindings(of: compilation) }
    return try await compilation.modelReport(synthesize: synthesize, backend: backend, input: input, labels: labels)
  }

  /// What tells the subjects apart: their names, with as much of their paths as that takes.
  private var names: [String] {
    let parts = subjects.map { $0.split(separator: "/").map(String.init) }
    for count in 1...max(parts.map(\.count).max() ?? 1, 1) {
      let names = parts.map { $0.suffix(count).joined(separator: "/") }
      if Set(names).count == names.count { return names }
    }
    return subjects
  }
}
