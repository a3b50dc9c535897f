import DataFiles
import Testing

@testable import Pictures

/// Pictures are well-formed, and what they show stands where it belongs.
@Suite struct PictureTests {
  /// The elements of a picture, through a parser of XML.
  private func elements(_ svg: String) throws -> [XMLElement] {
    let root = try XMLDocument(Array(svg.utf8), file: "picture.svg").root
    #expect(root.name == "svg")
    return root.children
  }

  private func number(_ element: XMLElement, _ name: String) throws -> Double {
    try #require(element[name].flatMap { Double($0) })
  }

  @Test func `marks of a linear axis are round and hold all values`() {
    let scale = Scale(.linear, [0, 27_772], from: 100, to: 500)
    #expect(scale.ticks.map(\.label) == ["0", "10 000", "20 000", "30 000"])
    #expect(scale.position(0) == 100)
    #expect(scale.position(30_000) == 500)
    #expect(Scale(.linear, [0.2, 1.4], from: 0, to: 1).ticks.map(\.label) == ["0.0", "0.5", "1.0", "1.5"])
  }

  @Test func `a logarithmic axis marks powers, and values outside stand at its ends`() {
    let scale = Scale(.logarithmic, [0.001, 0.5, 1], from: 0, to: 300)
    #expect(scale.ticks.map(\.label).contains("0.1"))
    #expect(abs(scale.position(0.01) - 100) < 1e-9)
    #expect(scale.position(0) == 0)
    #expect(scale.position(7) == 300)
  }

  @Test(arguments: [[], [0], [3, 3], [-Double.infinity, 1], [Double.nan]]) func `no values are too odd for an axis`(
    values: [Double]
  ) {
    for kind in [Scale.Kind.linear, .logarithmic, .powersOfTwo] {
      let scale = Scale(kind, values, from: 0, to: 10)
      #expect(scale.lower < scale.upper)
      #expect(scale.ticks.allSatisfy { (0...10).contains(scale.position($0.value)) })
      #expect((0...10).contains(scale.position(.nan)))
    }
  }

  @Test func `long names are shortened to their room, and whole where they are looked at`() throws {
    var picture = Picture(width: 100, height: 20)
    let name = "a_layer_with_a_very_long_name<&>"
    picture.text(name, x: 0, y: 10, limit: 80)
    let text = try #require(try elements(picture.svg(label: "<names>")).first)
    #expect(text.text.hasSuffix("…"))
    #expect(Picture.width(of: text.text) <= 80)
    #expect(text.children.first?.text == name)
  }

  @Test func `powers of two are written with raised digits`() {
    #expect(Scale.powerOfTwo(-13) == "2⁻¹³")
    #expect(Scale.powerOfTwo(0) == "2⁰")
  }

  @Test func `bars are as long as their values`() throws {
    let chart = BarChart(names: ["a", "b"], series: [("LUT", [100, 50]), ("FF", [0, 25])], title: "estimate")
    let bars = try elements(chart.svg(label: "bars")).filter { $0.name == "rect" }
    let widths = try bars.map { try number($0, "width") }
    #expect(widths.count == 4)
    #expect(abs(widths[0] - 2 * widths[2]) < 0.05)
    #expect(widths[1] == 0)
    #expect(abs(widths[2] - 2 * widths[3]) < 0.05)
  }

  @Test func `boxes of a network with a long way round neither overlap nor leave the picture`() throws {
    // in → a → b → c → sum, in → d → sum, in → sum
    func box(_ name: String, _ inputs: [Int]) -> NetworkChart.Box {
      NetworkChart.Box(name: name, kind: "Dense", type: "fixed<16,6,RND,SAT>", inputs: inputs)
    }
    let boxes = [
      box("in", []), box("a", [0]), box("b", [1]), box("c", [2]), box("d", [0]), box("sum", [3, 4, 0]),
    ]
    let svg = NetworkChart(boxes).svg(label: "network")
    let root = try XMLDocument(Array(svg.utf8), file: "network.svg").root
    let size = try #require(root["viewBox"]).split(separator: " ").compactMap { Double($0) }
    let places = try root.children.filter { $0.name == "rect" }.map { element in
      try (
        x: number(element, "x"), y: number(element, "y"), width: number(element, "width"),
        height: number(element, "height")
      )
    }
    #expect(places.count == boxes.count)
    for (index, a) in places.enumerated() {
      #expect(a.x >= 0 && a.x + a.width <= size[2] && a.y >= 0 && a.y + a.height <= size[3])
      for b in places[(index + 1)...] {
        #expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y)
      }
    }
    // What is read stands above who reads it.
    for (index, box) in boxes.enumerated() {
      for input in box.inputs { #expect(places[input].y < places[index].y) }
    }
  }

  @Test func `a tiny number does not push the bits aside`() throws {
    let rows = [
      ProfileChart.Row(name: "softmax", magnitudes: [1e-30, 0.01, 0.1, 0.5, 1], bits: -15...1, type: "ufixed<16,1>"),
      ProfileChart.Row(name: "nothing", magnitudes: nil, bits: nil, type: ""),
    ]
    let bars = try elements(ProfileChart(rows, series: 0).svg(label: "profile")).filter { $0.name == "rect" }
    let band = try #require(bars.first)
    // Sixteen bits of about twenty-two that are shown.
    #expect(try number(band, "width") > 250)
  }

  @Test func `pictures of pipelines and plots are well-formed`() throws {
    let pipeline = PipelineChart(layers: [("fc <1>", 0...1), ("relu", 1...2)], paths: [3.5, 6.1, 2], period: 5)
    #expect(try elements(pipeline.svg(label: "stages")).contains { $0["class"] == "f bad" })
    var plot = PlotChart(
      [
        .init(name: "a", points: [(0, 0.001), (1, 1)], style: .curve, ink: .series(0)),
        .init(name: "b", points: [(0.5, 0.1)], style: .marks, titles: ["p"], ink: .series(8)),
        .init(name: "c", points: [], style: .dots, ink: .muted),
      ],
      x: "signal",
      y: "background"
    )
    plot.kinds.y = .logarithmic
    let marks = try elements(plot.svg(label: "plot")).filter { $0.name == "circle" }
    #expect(marks.count == 1)
  }
}
