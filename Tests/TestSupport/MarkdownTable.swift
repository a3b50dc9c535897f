import FoundationEssentials
import Testing

/// A table of a page in `docs`, for tests that compare it with the code.
package struct MarkdownTable {
  /// The cells of the rows below the head, by column; all columns of the head are there.
  package let columns: [String: [String]]

  /// The first table below a heading.
  ///
  /// - Parameters:
  ///   - page: the file in `docs`.
  ///   - heading: the text of the heading, without its `#`.
  package init(page: String, heading: String) throws {
    let url = SharedData.packageRoot.appending(path: "docs/\(page)")
    let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(
      lines.firstIndex { $0.hasPrefix("#") && $0.drop { $0 == "#" } == " \(heading)" },
      "docs/\(page) has no heading '\(heading)'"
    )
    let section = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
    let rows = section.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.map(Self.cells)
    let names = try #require(rows.first, "docs/\(page) has no table under '\(heading)'")
    var columns: [String: [String]] = [:]
    for (index, name) in names.enumerated() {
      columns[name] = rows.dropFirst(2).map { index < $0.count ? $0[index] : "" }
    }
    self.columns = columns
  }

  /// The words between backticks in a column, from top to bottom.
  package func words(_ column: String) throws -> [String] {
    let cells = try #require(columns[column], "there is no column '\(column)'")
    return cells.flatMap { cell in
      cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
        .map { String($0.element) }
    }
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { cell in
      String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}
