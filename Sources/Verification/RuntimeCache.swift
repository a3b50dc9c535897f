import FirmwareFiles
import FirmwareTemplates
import FoundationEssentials

/// Objects of Verilator's runtime library, which every build needs and which take most of a small one: built once, and kept
/// by the compiler, its flags and the library's own text.
package enum RuntimeCache: Sendable {
  /// The user's folder for such things: that of XDG, else `~/.cache`.
  case user
  case folder(String)
  /// Everything is built anew.
  case none

  /// What builds of this task use.
  @TaskLocal package static var current = RuntimeCache.user

  private static let script = "runtime_cache.sh"

  /// Where objects lie; nil where none are kept.
  private var path: String? {
    switch self {
    case .user:
      let environment = ProcessInfo.processInfo.environment
      if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return base + "/tricot/verilator" }
      return environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache/tricot/verilator" : nil }
    case .folder(let path): return path
    case .none: return nil
    }
  }

  /// What tells Verilator's makefile to call the script that looks into the cache: nothing where there is none.
  func makeFlags(in build: BuildFolder) throws -> String {
    // The makefile splits words at spaces.
    guard let path, !build.path.contains(" ") else { return "" }
    let quoted = "'" + path.replacing("'", with: "'\\''") + "'"
    try build.write([
      ProjectFile(path: Self.script, text: try FirmwareTemplate.runtimeCache.render(["cache": quoted]))
    ])
    let file = build.path + "/" + Self.script
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    return " OBJCACHE=" + file
  }
}
