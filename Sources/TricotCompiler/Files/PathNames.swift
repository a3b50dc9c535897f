/// Paths as text: what the compiler needs to know of them.
enum PathNames {
  /// `relative` as seen from the folder of `file`; absolute paths stay.
  static func resolve(_ relative: String, besides file: String) -> String {
    guard !relative.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return relative }
    return String(file[...slash]) + relative
  }

  /// The extension in lower case without its dot, or nothing.
  static func pathExtension(_ path: String) -> String {
    let name = lastComponent(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  static func lastComponent(_ path: String) -> Substring {
    let trimmed = trimmingSlashes(path)
    return trimmed.lastIndex(of: "/").map { trimmed[trimmed.index(after: $0)...] } ?? trimmed
  }

  /// The folder that holds the last component: `.` for a bare name.
  static func parent(_ path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  private static func trimmingSlashes(_ path: String) -> Substring {
    var trimmed = path[...]
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    return trimmed
  }
}
