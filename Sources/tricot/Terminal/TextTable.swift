import Rainbow

/// Columns that line up: words on the left, numbers on the right.
struct TextTable {
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private let header: [String]
  private var rows: [[String]] = []

  init(_ columns: [(title: String, alignment: Alignment)]) {
    header = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// An empty line between groups of rows.
  mutating func addGap() { rows.append([]) }

  /// The lines, without trailing blanks.
  func text(colour: Bool = Console.outputIsTerminal) -> String {
    let widths = header.indices.map { column in
      ([header] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let title = line(header, widths)
    let body = rows.map { line($0, widths) }
    return ([colour ? title.bold : title] + body).joined(separator: "\n")
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      text += (column == 0 ? "" : "  ") + (alignments[column] == .left ? cell + padding : padding + cell)
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}
