import Glibc

/// Numbers as people read them.
package enum NumberText {
  /// A count with thin groups: `12 345`.
  package static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var grouped = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index).isMultiple(of: 3) { grouped += " " }
      grouped.append(digit)
    }
    return (value < 0 ? "-" : "") + grouped
  }

  /// A fixed number of decimals.
  package static func decimal(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    let scale = pow(10, Double(places))
    let scaled = (value.magnitude * scale).rounded()
    let whole = (scaled / scale).rounded(.down)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + "\(Int(whole))" }
    let fraction = String(Int(scaled - whole * scale))
    return sign + "\(Int(whole))." + String(repeating: "0", count: max(0, places - fraction.count)) + fraction
  }

  /// A few significant digits, for values of unknown size.
  package static func short(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
    let exponent = Int(log10(value.magnitude).rounded(.down))
    if (-4...6).contains(exponent) {
      var text = decimal(value, max(0, 3 - exponent))
      if text.contains(".") {
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
      }
      return text
    }
    return decimal(value / pow(10, Double(exponent)), 3) + "e\(exponent)"
  }

  /// A time with its unit.
  package static func duration(_ seconds: Double) -> String {
    seconds >= 1
      ? decimal(seconds, 1) + " s"
      : seconds >= 1e-3 ? decimal(seconds * 1e3, 1) + " ms" : decimal(seconds * 1e6, 1) + " µs"
  }

  /// A fraction of a whole in percent.
  package static func percent(_ value: Double) -> String { decimal(value, value >= 10 ? 1 : 2) + " %" }
}
