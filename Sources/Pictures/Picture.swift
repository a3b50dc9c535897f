/// A drawing as SVG, in units of pixels at its full size.
///
/// Colours are classes that the page around it defines, once for light and once for dark.
package struct Picture {
  /// What a shape is drawn with.
  package enum Ink: Hashable, Sendable {
    /// One of the colours that tell series apart, safe for the colour-blind; they begin anew after the last.
    case series(Int)
    /// A series in the background.
    case pale(Int)
    case text, muted, grid, band, bad

    fileprivate var name: String {
      switch self {
      case .series(let number): "s\(number % Picture.seriesCount)"
      case .pale(let number): "s\(number % Picture.seriesCount) pale"
      case .text: "ink"
      case .muted: "muted"
      case .grid: "grid"
      case .band: "band"
      case .bad: "bad"
      }
    }
  }

  package enum Anchor: String, Sendable { case start, middle, end }

  /// How many series have a colour of their own.
  package static let seriesCount = 7
  /// The size of letters.
  package static let fontSize = 12.0

  package let width: Double
  package var height: Double
  private var elements: [String] = []

  package init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  // MARK: - Shapes

  /// A straight line, or one through several points.
  package mutating func line(
    _ points: [(x: Double, y: Double)],
    _ ink: Ink,
    width: Double = 1,
    dashed: Bool = false,
    title: String? = nil
  ) {
    guard points.count > 1 else { return }
    let path = points.map { "\(Markup.number($0.x)) \(Markup.number($0.y))" }.joined(separator: "L")
    let dashes = dashed ? " stroke-dasharray=\"5 3\"" : ""
    add("path", "d=\"M\(path)\" class=\"l \(ink.name)\" stroke-width=\"\(Markup.number(width))\"\(dashes)", title)
  }

  package mutating func rectangle(
    x: Double,
    y: Double,
    width: Double,
    height: Double,
    _ ink: Ink,
    radius: Double = 0,
    title: String? = nil
  ) {
    let place = "x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\""
    let size = "width=\"\(Markup.number(max(width, 0)))\" height=\"\(Markup.number(max(height, 0)))\""
    let corner = radius > 0 ? " rx=\"\(Markup.number(radius))\"" : ""
    add("rect", "\(place) \(size)\(corner) class=\"f \(ink.name)\"", title)
  }

  package mutating func circle(x: Double, y: Double, radius: Double, _ ink: Ink, title: String? = nil) {
    add(
      "circle",
      "cx=\"\(Markup.number(x))\" cy=\"\(Markup.number(y))\" r=\"\(Markup.number(radius))\" class=\"f \(ink.name)\"",
      title
    )
  }

  /// Many small dots as one shape.
  package mutating func dots(_ points: [(x: Double, y: Double)], _ ink: Ink, size: Double) {
    guard !points.isEmpty else { return }
    let path = points.map { "M\(Markup.number($0.x)) \(Markup.number($0.y))h0" }.joined()
    add("path", "d=\"\(path)\" class=\"l dots \(ink.name)\" stroke-width=\"\(Markup.number(size))\"", nil)
  }

  /// A line of text; what is wider than the limit ends in an ellipsis, and is whole in its title.
  package mutating func text(
    _ text: String,
    x: Double,
    y: Double,
    anchor: Anchor = .start,
    _ ink: Ink = .text,
    size: Double = Picture.fontSize,
    limit: Double = .infinity,
    isTurned: Bool = false
  ) {
    let short = Self.shortened(text, to: limit, size: size)
    let place =
      isTurned
      ? "transform=\"translate(\(Markup.number(x)) \(Markup.number(y))) rotate(-90)\""
      : "x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\""
    let letters = size == Self.fontSize ? "" : " font-size=\"\(Markup.number(size))\""
    let end = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    let title = short == text ? "" : "<title>\(Markup.escaped(text))</title>"
    elements.append("<text \(place) class=\"t \(ink.name)\"\(letters)\(end)>\(title)\(Markup.escaped(short))</text>")
  }

  private mutating func add(_ name: String, _ attributes: String, _ title: String?) {
    elements.append(
      title.map { "<\(name) \(attributes)><title>\(Markup.escaped($0))</title></\(name)>" }
        ?? "<\(name) \(attributes)/>"
    )
  }

  // MARK: - Letters

  /// An upper bound of how wide a text is set in the usual fonts without serifs.
  package static func width(of text: String, size: Double = fontSize) -> Double {
    text.reduce(0) { sum, letter in
      let share: Double =
        if "il.,:;|'!ftj()[] ".contains(letter) { 0.4 } else if "mwMW@%…".contains(letter) {
          0.95
        } else if letter
          .isUppercase
        { 0.74 } else { 0.63 }
      return sum + share * size
    }
  }

  /// The text, or as much of it as fits and an ellipsis.
  package static func shortened(_ text: String, to limit: Double, size: Double = fontSize) -> String {
    guard width(of: text, size: size) > limit else { return text }
    var kept = text
    while !kept.isEmpty && width(of: kept + "…", size: size) > limit { kept.removeLast() }
    return kept + "…"
  }

  // MARK: - Out

  /// - Parameter label: What is to be seen, for those who do not see it.
  package func svg(label: String) -> String {
    let box = "viewBox=\"0 0 \(Markup.number(width)) \(Markup.number(height))\""
    // Letters stay readable: a window that is too narrow scrolls.
    let size = "max-width:\(Int(width * 1.1))px;min-width:\(Int(width * 0.8))px"
    let words = "role=\"img\" aria-label=\"\(Markup.escaped(label))\""
    let head = "<svg xmlns=\"http://www.w3.org/2000/svg\" \(box) style=\"\(size)\" \(words)>"
    return ([head] + elements + ["</svg>"]).joined(separator: "\n") + "\n"
  }
}
