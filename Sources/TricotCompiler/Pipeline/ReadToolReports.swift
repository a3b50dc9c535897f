import Diagnostics
import Estimation
import Foundation

/// Reads the reports of vendors' tools out of a project folder.
public enum ToolReportReader {
  /// Files of a project that are looked at, at most: a folder that is no project ends the search.
  private static let mostFiles = 100_000

  /// Everything that is found below a folder, in the order of names.
  public static func read(_ folder: String) throws -> ToolReportSummary {
    guard let enumerator = FileManager.default.subpaths(atPath: folder) else {
      throw Diagnostic.error(
        "cannot-read",
        "the folder is not there or cannot be read",
        at: Origin(file: folder),
        hint: "name the folder that '\(action: .compile)' wrote"
      )
    }
    let paths = enumerator.prefix(mostFiles).sorted()
    var rows: [ToolReportSummary.Row] = []
    if paths.contains("report.json") { rows += try estimate(folder) }
    for path in paths where path.hasSuffix(".rpt") || path.hasSuffix("csynth.xml") {
      let name = String(PathNames.lastComponent(path))
      let file = "\(folder)/\(path)"
      guard let report = try ToolReport.read(FileReading.bytes(of: file), name: name, file: file) else { continue }
      let row = ToolReportSummary.Row(report, file: path)
      // HLS tools write the report of the top twice, under two names.
      if !rows.contains(where: { $0.hasSameNumbers(as: row) }) { rows.append(row) }
    }
    guard rows.contains(where: { $0.source != "tricot" }) else {
      throw Diagnostic.error(
        "no-reports",
        "there is no report of an HLS tool or of Vivado in the folder",
        at: Origin(file: folder),
        hint: "run build_prj.tcl or vivado.tcl of the project first"
      )
    }
    return ToolReportSummary(folder: folder, rows: rows)
  }

  private static func estimate(_ folder: String) throws -> [ToolReportSummary.Row] {
    let file = "\(folder)/report.json"
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      let estimate = try decoder.decode(EstimationReport.self, from: Data(FileReading.bytes(of: file)))
      return [ToolReportSummary.Row(estimate, file: "report.json")]
    } catch is DecodingError {
      throw Diagnostic.error(
        "bad-report",
        "report.json is not the one that Tricot wrote",
        at: Origin(file: file),
        hint: "compile the project again"
      )
    }
  }
}

extension ToolReportSummary.Row {
  fileprivate func hasSameNumbers(as other: Self) -> Bool {
    source == other.source && status == other.status && latencyCyclesMin == other.latencyCyclesMin
      && latencyCyclesMax == other.latencyCyclesMax && initiationIntervalMax == other.initiationIntervalMax
      && periodNs == other.periodNs && slackNs == other.slackNs && lut == other.lut && ff == other.ff
      && dsp == other.dsp && bram18 == other.bram18 && uram == other.uram
  }
}
