import Diagnostics
import FoundationEssentials
import Glibc

/// The folder of a table: what may be written there, and what has to go first.
///
/// A table is complete when its report is there; an interrupted run leaves its work file and no report.
struct TableFolder {
  static let report = "report.json"
  static let work = "words.partial"
  static let encoder = "address_encoder.v"

  let path: String
  let replacing: Bool

  func file(_ name: String) -> String { path + "/" + name }

  /// Makes the folder, or checks that what it holds may be replaced or gone on with.
  func prepare() throws {
    if mkdir(path, 0o777) == 0 { return }
    guard errno == EEXIST else {
      throw unwritable("the folder cannot be made: \(systemMessage())", "check that the folder above it exists")
    }
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder,
      let entries = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { throw exists("the output is no folder that can be listed", "choose another folder with \(option: .output)") }
    if entries.isEmpty { return }
    guard entries.contains(Self.work) || entries.contains(Self.report) && entries.contains(Self.encoder) else {
      throw exists("the output folder exists and holds other files", "choose another folder with \(option: .output)")
    }
    if entries.contains(Self.report) && !replacing {
      throw exists(
        "the output folder holds a table already",
        "add \(option: .force) to replace it, or choose another folder with \(option: .output)"
      )
    }
  }

  /// Removes the files of a former table, its report first; everything else in the folder stays.
  func removeFormerTable() throws {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in [Self.report] + entries.filter(Self.isOfTable).sorted() where entries.contains(name) {
      guard unlink(file(name)) == 0 else {
        throw unwritable("'\(name)' cannot be replaced: \(systemMessage())", "check your permissions")
      }
    }
  }

  /// `table.mem`, `table_3.bin` and so on, and the encoder.
  private static func isOfTable(_ name: String) -> Bool {
    if name == encoder { return true }
    let pieces = name.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count == 2, ["mem", "coe", "bin"].contains(pieces[1]) else { return false }
    if pieces[0] == "table" { return true }
    let number = pieces[0].dropFirst("table_".count)
    return pieces[0].hasPrefix("table_") && !number.isEmpty && number.utf8.allSatisfy { (48...57).contains($0) }
  }

  private func exists(_ message: DiagnosticText, _ hint: DiagnosticText) -> Diagnostic {
    Diagnostic.error("output-exists", message, at: Origin(file: path), hint: hint)
  }

  private func unwritable(_ message: DiagnosticText, _ hint: DiagnosticText) -> Diagnostic {
    Diagnostic.error("unwritable-output", message, at: Origin(file: path), hint: hint)
  }
}
