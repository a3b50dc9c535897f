import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import TricotCompiler

/// Every number in the tables and at the head of a page is one of its JSON, or the sum of its column.
@Suite struct PageNumbersTests {
  @Test func `of a network with events, labels and a float model`() throws {
    var options = CompilationOptions(model: Example.model)
    options.quantization.calibration = Example.calibration
    try Self.check(Compilation(options).modelReport(input: Example.inputs, labels: Example.labels), atLeast: 200)
  }

  @Test func `of trees`() throws {
    let scratch = try Scratch()
    let path = try scratch.write("m.json", TinyTrees.json(features: 3))
    try Self.check(Compilation(CompilationOptions(model: path)).modelReport(), atLeast: 5)
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence)) func `of a streamed network of images`() throws {
    var options = CompilationOptions(model: SharedData.url("vectors/hls4ml/qkeras_mnist_cnn/config.yml").path)
    options.hardware.io = .stream
    try Self.check(Compilation(options).modelReport(), atLeast: 50)
  }

  private static func check(_ report: ModelReport, atLeast least: Int) throws {
    let page = try report.html
    let data = try #require(PageText.data(in: page))
    let inside = numbers(try JSONSerialization.jsonObject(with: Data(data.utf8)))
    // Slack is what a delay leaves of the clock period.
    let known = inside + inside.map { report.estimation.clockPeriodNs - $0 }
    var checked = 0
    for table in page.components(separatedBy: "<tbody>").dropFirst() {
      var sums: [Double] = []
      for row in (table.components(separatedBy: "</tbody>").first ?? "").components(separatedBy: "<tr").dropFirst() {
        let cells = row.components(separatedBy: "<td").dropFirst().map(text)
        if sums.isEmpty { sums = Array(repeating: 0, count: cells.count) }
        let isTotal = row.hasPrefix(" class=\"total\"")
        for (column, cell) in cells.enumerated() {
          guard let number = ShownNumber(cell) else { continue }
          checked += 1
          let isRight =
            isTotal
            ? number.shows(sums[column]) || known.contains(where: number.shows) : known.contains(where: number.shows)
          #expect(isRight, "\(cell) in \(cells)")
          if !isTotal { sums[column] += number.value }
        }
      }
    }
    for fact in page.components(separatedBy: "<div class=\"value").dropFirst() {
      guard let number = ShownNumber(text(fact).components(separatedBy: " cycle")[0].replacing(" ns", with: "")) else {
        continue
      }
      checked += 1
      #expect(known.contains(where: number.shows), "\(text(fact))")
    }
    #expect(checked >= least)
  }

  /// What stands between the end of a tag and the next one.
  private static func text(_ markup: String) -> String {
    let content = markup.drop { $0 != ">" }.dropFirst().prefix { $0 != "<" }
    return String(content).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
  }

  /// All numbers of a JSON value, and the lengths of its lists.
  private static func numbers(_ value: Any) -> [Double] {
    switch value {
    case let number as NSNumber: [number.doubleValue]
    case let list as [Any]: [Double(list.count)] + list.flatMap(numbers)
    case let object as [String: Any]: object.values.flatMap(numbers)
    default: []
    }
  }
}

/// A number as a page shows it, rounded and perhaps in percent.
private struct ShownNumber {
  let value: Double
  private let isPercent: Bool
  /// Half of the last digit that is shown.
  private let half: Double

  init?(_ text: String) {
    isPercent = text.hasSuffix(" %")
    let digits = (isPercent ? String(text.dropLast(2)) : text).replacing(" ", with: "")
    guard let value = Double(digits), value.isFinite else { return nil }
    self.value = value
    let parts = digits.lowercased().split(separator: "e")
    let decimals = parts[0].split(separator: ".").dropFirst().first?.count ?? 0
    let exponent = parts.count > 1 ? Double(parts[1]) ?? 0 : 0
    half = 0.5 * pow(10, exponent - Double(decimals)) * (1 + 1e-9)
  }

  func shows(_ number: Double) -> Bool {
    abs(number - value) <= half || (isPercent && abs(100 * number - value) <= half)
  }
}
