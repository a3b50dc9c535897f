import Diagnostics
import FirmwareFiles
import Verification

extension Compilation {
  /// A firmware project in memory.
  ///
  /// - Parameter backend: What to write; nil: Verilog.
  public func firmware(backend: String? = nil) throws -> Firmware {
    let backend = try BackendRegistry.backend(named: backend)
    try backend.refuseIdleOptions(options, for: .project)
    return try backend.firmware(of: self)
  }

  /// Writes a firmware project into a new folder, whole or not at all.
  ///
  /// - Parameters:
  ///   - folder: Its path; an empty folder is filled, one with other contents is refused.
  ///   - backend: What to write; nil: Verilog.
  ///   - replacing: Whether a folder that Tricot wrote may be replaced.
  @discardableResult
  public func write(to folder: String, backend: String? = nil, replacing: Bool = false) throws -> CompilationReport {
    let backend = try BackendRegistry.backend(named: backend)
    try backend.refuseIdleOptions(options, for: .project)
    let writer = try FolderWriter(path: folder, marker: Manifest.fileName, replacing: replacing)
    do {
      let firmware = try backend.firmware(of: self)
      try clock.measure("write", "writing the project") {
        try writer.write(firmware.files.map { (path: $0.path, bytes: $0.bytes) })
      }
      var report = firmware.report
      report.output = folder
      return report
    } catch {
      writer.discard()
      throw error
    }
  }
}

extension Firmware {
  /// - Parameters:
  ///   - project: Every file but the manifest.
  ///   - manifest: Made from these files.
  ///   - report: Its list of files is filled in.
  init(_ project: [ProjectFile], manifest: ([File]) -> Manifest, report: CompilationReport) throws {
    files = project.map { File(path: $0.path, bytes: $0.bytes) }.sorted { $0.path < $1.path }
    files.append(File(path: Manifest.fileName, bytes: Array(try jsonText(manifest(files)).utf8)))
    self.report = report
    self.report.files = files.map(\.path).sorted()
  }
}

extension ExternalTool {
  /// Refuses before anything is done what a missing tool would stop later.
  func require(hint: DiagnosticText) throws {
    guard !isAvailable else { return }
    throw Diagnostic.error(
      "tool-missing",
      "'\(rawValue)' was not found in the search path",
      hint: "install it with 'apt-get install \(rawValue)'; \(hint)"
    )
  }
}
