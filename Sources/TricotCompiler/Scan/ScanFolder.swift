import Diagnostics
import FoundationEssentials
import Glibc

/// The folder of a scan: a file for each point as it is found, and what comes of all.
struct ScanFolder: Sendable {
  static let report = "scan.json"
  static let page = "scan.html"
  static let workflow = "Snakefile"
  private static let points = "points"

  let path: String

  /// Makes the folder, or finds what an earlier run left there.
  func prepare() throws {
    let manager = FileManager.default
    if let entries = try? manager.contentsOfDirectory(atPath: path) {
      guard entries.isEmpty || entries.contains(Self.points) || entries.contains(Self.workflow) else {
        throw Diagnostic.error(
          "output-exists",
          "the output folder exists and holds other files",
          at: Origin(file: path),
          hint: "choose another folder with \(option: .output)"
        )
      }
    }
    do { try manager.createDirectory(atPath: path + "/" + Self.points, withIntermediateDirectories: true) } catch {
      throw Diagnostic.error(
        "unwritable-output",
        "the folder cannot be made",
        at: Origin(file: path),
        hint: "check the folder above it"
      )
    }
  }

  private func file(_ key: String) -> String { "\(path)/\(Self.points)/\(key).json" }

  /// A point that was computed before; nil where there is none, or half of one.
  func point(_ key: String) -> ScanReport.Point? {
    guard let bytes = try? FileReading.bytes(of: file(key)) else { return nil }
    guard let point = try? ReportCoding.decoder.decode(ScanReport.Point.self, from: Data(bytes)), point.key == key
    else {
      return nil
    }
    return point
  }

  func write(_ point: ScanReport.Point) throws {
    try FileWriting.replace(file(point.key), with: Array(try jsonText(point).utf8))
  }

  func write(_ text: String, to name: String) throws {
    try FileWriting.replace(path + "/" + name, with: Array(text.utf8))
  }
}
