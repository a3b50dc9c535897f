import Diagnostics
import FoundationEssentials

extension ModelReport {
  /// The report of a project that Tricot wrote, with what vendors' tools reported there since.
  ///
  /// - Parameter folder: the project.
  public static func read(fromProject folder: String) throws -> ModelReport {
    let file = folder + "/" + pageName
    guard let data = PageText.data(in: try FileReading.text(of: file)),
      var report = try? ReportCoding.decoder.decode(ModelReport.self, from: Data(data.utf8))
    else {
      throw Diagnostic.error(
        "bad-report",
        "\(pageName) is not the one that this version of Tricot wrote",
        at: Origin(file: file),
        hint: "compile the project again"
      )
    }
    // A project in which no tool ran has nothing to add.
    do { report.tools = try ToolReportReader.read(folder) } catch let error as Diagnostic
      where error.code == "no-reports"
    {}
    // Where the project lies is nobody's concern.
    report.tools?.folder = String(PathNames.lastComponent(folder))
    return report
  }

  /// Whether a path is a folder.
  public static func isProject(_ path: String) -> Bool {
    var isFolder = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    // A folder of a search is a model.
    return exists && isFolder
      && !FileManager.default.fileExists(atPath: path + "/" + OptimizationFolder.report)
  }

  /// Writes the page of one report, or of several side by side.
  ///
  /// - Parameters:
  ///   - reports: at least one.
  ///   - names: what tells several apart.
  ///   - path: The file.
  ///   - replacing: Whether a file that is there may be replaced.
  public static func write(_ reports: [ModelReport], names: [String], to path: String, replacing: Bool = false) throws {
    try FileWriting.check(path, replacing: replacing)
    guard let first = reports.first else { return }
    let page = try reports.count == 1 ? first.html : comparison(of: reports, names: names)
    try FileWriting.replace(path, with: Array(page.utf8))
  }
}
