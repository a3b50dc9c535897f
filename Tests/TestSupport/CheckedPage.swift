import FoundationEssentials
import Testing

/// A page in `docs` with blocks that tests write.
///
/// A block stands between `<!-- NAME -->` and `<!-- end -->`.
package enum CheckedPage {
  /// Compares a block with what it should hold; with `UPDATE_SNAPSHOTS=1` in the environment it is rewritten instead.
  package static func expect(
    _ page: String,
    block name: String,
    holds text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let url = SharedData.packageRoot.appending(path: "docs/\(page)")
    let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let start = try #require(
      lines.firstIndex(of: "<!-- \(name) -->"),
      "docs/\(page) has no block '\(name)'",
      sourceLocation: sourceLocation
    )
    let end = try #require(
      lines[start...].firstIndex(of: "<!-- end -->"),
      "the block '\(name)' of docs/\(page) has no end",
      sourceLocation: sourceLocation
    )
    let wanted = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let found = Array(lines[(start + 1)..<end])
    if found == wanted { return }
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      let page = lines[...start] + wanted + lines[end...]
      try Data(page.joined(separator: "\n").utf8).write(to: url)
      return
    }
    let index =
      zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(found.count, wanted.count)
    Issue.record(
      """
      docs/\(page) is not up to date in line \(index + 1) of '\(name)' (UPDATE_SNAPSHOTS=1 rewrites it)
      page:   \(index < found.count ? found[index] : "(end)")
      actual: \(index < wanted.count ? wanted[index] : "(end)")
      """,
      sourceLocation: sourceLocation
    )
  }
}
