import Basics
import Glibc
import TricotCompiler

/// Sizes of numbers as small bars in a terminal, a line for each layer.
enum HistogramText {
  private static let steps = Array(" ▁▂▃▄▅▆▇█")

  /// - Parameters:
  ///   - histograms: of all layers.
  ///   - columns: letters that a line may have.
  static func text(_ histograms: [MagnitudeHistogram], columns: Int = Console.outputColumns) -> String {
    guard !histograms.isEmpty else { return "nothing is known of the values; give --input" }
    let names = histograms.map { Self.fit($0.role == "values" ? $0.layer : "\($0.layer) \($0.role)", 24) }
    let types = histograms.map { Self.fit($0.type, 26) }
    let left = (names.map(\.count).max() ?? 0) + 2
    let right = (types.map(\.count).max() ?? 0) + 2
    let low = histograms.map(\.lowestExponent).min() ?? 0
    let high = histograms.map { $0.lowestExponent + $0.counts.count }.max() ?? 1
    let room = max(columns - left - right, 10)
    // Several powers of two share a bar where there is no room for all.
    let share = max(1, (high - low + room - 1) / room)
    let bars = (high - low + share - 1) / share
    var lines: [String] = []
    for (index, histogram) in histograms.enumerated() {
      var sums = [Int](repeating: 0, count: bars)
      for (place, count) in histogram.counts.enumerated() {
        sums[(histogram.lowestExponent + place - low) / share] += count
      }
      let most = max(sums.max() ?? 1, 1)
      let line = sums.enumerated().map { bar, count -> Character in
        if count > 0 { return steps[max(1, Int((Double(count) / Double(most) * 8).rounded()))] }
        return histogram.covers(low + bar * share..<low + (bar + 1) * share) ? "·" : " "
      }
      let name = names[index] + String(repeating: " ", count: left - names[index].count)
      lines.append(name + String(line) + "  " + types[index])
    }
    let words = share == 1 ? "a bar for each power of two" : "a bar for \(share) powers of two"
    let axis = String(repeating: " ", count: left) + "2^\(low)"
    let end = "2^\(high - 1)"
    let gap = max(left + bars - axis.count - end.count, 1)
    lines.append(axis + String(repeating: " ", count: gap) + end)
    lines.append("magnitudes that are not zero, \(words); dots: bits of the type without numbers")
    return lines.joined(separator: "\n")
  }

  private static func fit(_ text: String, _ most: Int) -> String {
    text.count <= most ? text : text.prefix(most - 1) + "…"
  }
}
