import Basics
import FirmwareTemplates
import Pictures

/// Pieces of pages.
enum PageText {
  /// A whole page.
  ///
  /// - Parameters:
  ///   - body: HTML.
  ///   - data: JSON that programs may take out of the page again.
  static func page(title: String, body: String, data: String) throws -> String {
    try FirmwareTemplate.page.render([
      "generator": "Tricot \(TricotVersion.current)",
      "title": Markup.escaped(title),
      "body": body,
      // Nothing in the data may end the element that holds it.
      "data": data.replacing("<", with: "\\u003c"),
    ])
  }

  /// The JSON inside a page that Tricot wrote; nil where there is none.
  static func data(in page: String) -> Substring? {
    guard let start = page.firstRange(of: "id=\"tricot\">\n"),
      let end = page[start.upperBound...].firstRange(of: "\n</script>")
    else { return nil }
    return page[start.upperBound..<end.lowerBound]
  }

  static func header(_ title: String, _ subtitle: String) -> String {
    """
    <header>
    <div><h1>\(Markup.escaped(title))</h1><p class="quiet">\(Markup.escaped(subtitle))</p></div>
    <button id="theme" type="button" hidden>light / dark</button>
    </header>
    """
  }

  /// Links to sections.
  static func contents(_ sections: [PageSection]) -> String {
    "<nav>"
      + sections.map { "<a href=\"#\($0.id)\">\(Markup.escaped($0.title))</a>" }.joined(separator: "\n")
      + "</nav>"
  }

  /// A picture under its name.
  static func figure(_ title: String, _ svg: String, note: String = "") -> String {
    let caption = note.isEmpty ? "" : "<figcaption>\(Markup.escaped(note))</figcaption>"
    return "<figure><h3>\(Markup.escaped(title))</h3><div class=\"scroll\">\n\(svg)</div>\(caption)</figure>"
  }

  static func paragraph(_ text: String, isQuiet: Bool = false) -> String {
    "<p\(isQuiet ? " class=\"quiet\"" : "")>\(Markup.escaped(text))</p>"
  }

  // MARK: - Numbers

  static func count(_ value: Int) -> String { NumberText.count(value) }

  static func percent(_ value: Double) -> String {
    value == 0 ? "0 %" : value < 0.005 ? "< 0.01 %" : NumberText.percent(value)
  }
}

/// A part of a page with a title.
struct PageSection {
  var id: String
  var title: String
  var html: String

  var text: String { "<section id=\"\(id)\"><h2>\(Markup.escaped(title))</h2>\n\(html)\n</section>" }
}

/// A large number at the head of a page.
struct PageFact {
  var name: String
  var value: String
  var note = ""
  /// A share of a whole, in percent.
  var share: Double?
  /// Whether it is nothing to be content with.
  var warns = false

  var html: String {
    let meter = share.map { share in
      let width = Markup.number(min(max(share, 0), 100))
      return "<div class=\"meter\"><span\(share > 100 ? " class=\"over\"" : "") style=\"width:\(width)%\"></span></div>"
    }
    let lines = note.isEmpty ? "" : "<div class=\"note\">\(Markup.escaped(note))</div>"
    return "<div class=\"fact\"><div class=\"name\">\(Markup.escaped(name))</div>"
      + "<div class=\"value\(warns ? " warn" : "")\">\(Markup.escaped(value))</div>\(lines)\(meter ?? "")</div>"
  }
}

/// A table of a page.
struct PageTable {
  enum Alignment { case words, long, number }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [String] = []

  init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func add(_ cells: [String], isTotal: Bool = false, warns: Set<Int> = []) {
    let line = cells.enumerated().map { index, cell in
      var names: [String] = []
      switch columns[index].alignment {
      case .words: names = ["w"]
      case .long: names = ["w", "long"]
      case .number: break
      }
      if warns.contains(index) { names.append("warn") }
      let attribute = names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
      return "<td\(attribute)>\(Markup.escaped(cell))</td>"
    }
    rows.append("<tr\(isTotal ? " class=\"total\"" : "")>\(line.joined())</tr>")
  }

  var html: String {
    let head = columns.map { "<th\($0.alignment == .number ? "" : " class=\"w\"")>\(Markup.escaped($0.title))</th>" }
    return """
      <div class="scroll"><table>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }
}
