import FirmwareTemplates
import Foundation

/// A scan as a workflow for Snakemake, which runs its points on a cluster.
enum ScanWorkflow {
  /// - Parameters:
  ///   - scan: the file; the workflow names it by its whole path.
  ///   - keys: of the points.
  static func snakefile(scan: String, keys: [String]) throws -> String {
    let path = URL(filePath: scan).standardizedFileURL.path
    return try FirmwareTemplate.snakefile.render([
      "version": TricotVersion.current,
      "scan": path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""),
      "points": keys.joined(separator: "\n"),
    ])
  }
}
