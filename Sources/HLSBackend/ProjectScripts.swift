import Devices
import FirmwareFiles
import FirmwareTemplates
import FixedPoint
import FixedPointIR

/// The files around the C++: scripts, test bench and the page for the receiver.
struct ProjectScripts {
  let plan: NetworkPlan
  /// Paths of the C++ sources for synthesis.
  let sources: [String]
  let calls: EventCalls
  let options: HLSOptions

  func files() throws -> [ProjectFile] {
    let period = Self.decimal(options.clockPeriod)
    let (top, part) = (plan.top, options.part)
    let build = try FirmwareTemplate.hlsBuildScript.render([
      "top": top, "part": part, "clockPeriod": period, "ipVersion": ipVersion,
      "uncertainty": options.clockUncertainty.map { "set_clock_uncertainty \(Self.word(for: $0))" } ?? "",
      "sources": sources.map { "  \($0)" }.joined(separator: "\n"),
    ])
    let synthesis = try FirmwareTemplate.hlsVivadoScript.render(["top": top, "part": part, "clockPeriod": period])
    let readme = try FirmwareTemplate.hlsReadme.render([
      "project": options.project.singleLine, "tricot": options.tricot, "top": top, "namespace": plan.namespace,
      "version": options.version.singleLine, "part": part, "clockPeriod": period,
      "interface": options.interface.rawValue, "events": "\(options.vectors.inputs.count)",
      "sources": sources.allSatisfy { !$0.hasPrefix("firmware/layers/") }
        ? "firmware/*.cpp" : "firmware/*.cpp firmware/layers/*.cpp",
      "rows": plan.ports.map(row).joined(separator: "\n"),
    ])
    return [
      ProjectFile(path: "README.md", text: readme), ProjectFile(path: "build_prj.tcl", text: build),
      ProjectFile(path: "vivado_synth.tcl", text: synthesis),
      ProjectFile(path: "project.yml", lines: projectYAML(period)),
    ] + (try testbench())
  }

  private func row(_ port: NetworkPlan.Port) -> String {
    "| `\(port.name)` | \(port.isInput ? "in" : "out") | \(port.count) | \(port.format.elementWidth) | "
      + "`\(CppText.type(port.container))` |"
  }

  /// The first numbers of the version, as IP catalogues want them.
  private var ipVersion: String {
    let numbers = options.version.split { !$0.isASCII || !$0.isNumber }.prefix(2).map { $0.prefix(4) }
    return numbers.isEmpty ? "1.0" : numbers.count == 1 ? "\(numbers[0]).0" : "\(numbers[0]).\(numbers[1])"
  }

  private static func decimal(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

  /// As the tools' `set_clock_uncertainty` takes it.
  private static func word(for uncertainty: ClockUncertainty) -> String {
    switch uncertainty {
    case .fraction(let share): "\(decimal(share * 100))%"
    case .nanoseconds(let time): decimal(time)
    }
  }

  private func projectYAML(_ period: String) -> [String] {
    func text(_ string: String) -> String { "\"\(string.singleLine.filter { $0 != "\"" })\"" }
    return [
      "# What this project is: for scripts that build or integrate it.", "project: \(text(options.project))",
      "version: \(text(options.version))", "tricot: \(text(options.tricot))", "top: \(plan.top)",
      "namespace: \(plan.namespace)", "part: \(options.part)", "clock_period_ns: \(period)",
      "interface: \(options.interface.rawValue)", "sources:",
    ] + sources.map { "  - \($0)" } + ["test_bench: tb/\(plan.top)_test.cpp", "ports:"]
      + plan.ports.map { port in
        "  - {name: \(port.name), direction: \(port.isInput ? "in" : "out"), elements: \(port.count), "
          + "type: \"\(CppText.type(port.container))\"}"
      }
  }

  // MARK: - Test bench

  private func testbench() throws -> [ProjectFile] {
    let (inputs, outputs) = (plan.ports.filter(\.isInput), plan.ports.filter { !$0.isInput })
    func type(_ port: NetworkPlan.Port) -> String { "\(plan.namespace)::\(port.typeName)" }
    let declarations =
      plan.ports.map { "    \(type($0)) \($0.name)[\($0.count)];" }
      + outputs.map { "    \(type($0)) \($0.name)_expected[\($0.count)];" }
    let reads =
      inputs.map { read($0.name, $0.count, from: "inputs") }
      + outputs.map { read("\($0.name)_expected", $0.count, from: "expected") }
    let text = try FirmwareTemplate.hlsTestbench.render([
      "top": plan.top, "events": "\(options.vectors.inputs.count)",
      "declarations": declarations.joined(separator: "\n"), "reads": reads.joined(separator: "\n"),
      "call": calls.top.joined(separator: "\n"),
      "comparisons": outputs.map { port in
        "    for (int i = 0; i < \(port.count); i++) differences += \(port.name)[i] != \(port.name)_expected[i];"
      }.joined(separator: "\n"),
    ])
    return [
      ProjectFile(path: "tb/\(plan.top)_test.cpp", text: text),
      ProjectFile(path: "tb/inputs.dat", lines: options.vectors.inputs.map { line($0, inputs) }),
      ProjectFile(path: "tb/expected.dat", lines: options.vectors.outputs.map { line($0, outputs) }),
    ]
  }

  private func read(_ name: String, _ count: Int, from file: String) -> String {
    "    for (int i = 0; i < \(count); i++) if (!read(\(file), \(name)[i])) return 1;"
  }

  /// The raw numbers of an event on the grids of the arrays.
  private func line(_ event: [Int128], _ ports: [NetworkPlan.Port]) -> String {
    var position = 0
    var words: [String] = []
    for port in ports {
      for element in 0..<port.count {
        let type = port.types[element]
        let shift = type.width > 0 ? port.container.fractionBits - type.fractionBits : 0
        words.append(Self.decimal(event[position], shiftedBy: shift))
        position += 1
      }
    }
    return words.joined(separator: " ")
  }

  /// `value · 2^shift` in decimal digits, however long.
  private static func decimal(_ value: Int128, shiftedBy shift: Int) -> String {
    var digits = String(value.magnitude).reversed().map { Int($0.wholeNumberValue ?? 0) }
    for _ in 0..<shift {
      var carry = 0
      for index in digits.indices {
        let doubled = digits[index] * 2 + carry
        digits[index] = doubled % 10
        carry = doubled / 10
      }
      if carry > 0 { digits.append(carry) }
    }
    return (value < 0 ? "-" : "") + digits.reversed().map(String.init).joined()
  }
}
