import CircuitIR
import Devices
import FirmwareFiles
import FirmwareTemplates
import NetlistIR

/// The files around the Verilog: scripts, constraints, testbench and the page for the receiver.
struct ProjectTexts {
  let circuit: Circuit
  let layout: BusLayout
  let options: VerilogOptions
  /// Paths of the Verilog files.
  let sources: [String]

  func files() throws -> [ProjectFile] {
    let period = Self.decimal(circuit.clockPeriod)
    let part = options.part.orderingCode
    let script = try FirmwareTemplate.vivadoScript.render([
      "top": layout.top, "part": part, "clockPeriod": period, "sources": sources.map { "  \($0)" }.lines,
    ])
    let constraints = try FirmwareTemplate.constraints.render(["clockPeriod": period])
    let testbench = try testbench()
    let readme = try FirmwareTemplate.readme.render([
      "project": options.project.singleLine, "top": layout.top, "latency": String(circuit.latency),
      "latencyTime": Self.decimal(Double(circuit.latency) * circuit.clockPeriod), "clockPeriod": period, "part": part,
      "inputRows": rows(layout.inputs, direction: "in"), "outputRows": rows(layout.outputs, direction: "out"),
      "testbenchRow": testbench.isEmpty ? "| `tb/` | (none: no events were given) |" : testbenchRow,
    ])
    return [
      ProjectFile(path: "README.md", text: readme), ProjectFile(path: "constraints.xdc", text: constraints),
      ProjectFile(path: "vivado.tcl", text: script),
    ] + testbench
  }

  private var testbenchRow: String {
    let command = "cd tb && iverilog -g2005 -o testbench \(layout.top)_tb.v ../rtl/*.v && vvp testbench"
    return "| `tb/` | a self-checking testbench with its events: `\(command)` |"
  }

  private func rows(_ buses: [Bus], direction: String) -> String {
    buses.map { bus in
      let meaning = "tensor '\(bus.tensor.singleLine)', \(bus.elements.count) elements"
      return bus.width == 0
        ? "| (none) | \(direction) | 0 | \(meaning), all of width 0 |"
        : "| `\(bus.name)` | \(direction) | \(bus.width) | \(meaning) |"
    }.lines
  }

  // MARK: - Testbench

  /// Nothing where there are no events or no output bits.
  private func testbench() throws -> [ProjectFile] {
    let (inputBits, outputBits) = (layout.inputs.bits, layout.outputs.bits)
    if options.vectors.inputs.isEmpty || outputBits == 0 { return [] }
    let text = try FirmwareTemplate.verilogTestbench.render([
      "top": layout.top, "samples": String(options.vectors.inputs.count), "latency": String(circuit.latency),
      "inputMsb": String(max(0, inputBits - 1)), "outputMsb": String(outputBits - 1),
      "halfPeriod": Self.decimal(circuit.clockPeriod / 2),
      "inputConnections": connections(layout.inputs, to: "in_data").map { $0 + "," }.lines,
      "outputConnections": connections(layout.outputs, to: "out_data").joined(separator: ",\n"),
    ])
    return [
      ProjectFile(path: "tb/\(layout.top)_tb.v", text: text),
      ProjectFile(path: "tb/inputs.hex", text: hex(options.vectors.inputs, layout.inputs)),
      ProjectFile(path: "tb/expected.hex", text: hex(options.vectors.outputs, layout.outputs)),
    ]
  }

  private func connections(_ buses: [Bus], to word: String) -> [String] {
    var low = 0
    return buses.filter { $0.width > 0 }.map { bus in
      defer { low += bus.width }
      return "    .\(bus.name)(\(word)[\(low + bus.width - 1):\(low)])"
    }
  }

  /// One line per event: its buses side by side, the first in the low bits.
  private func hex(_ events: [[Int128]], _ buses: [Bus]) -> String {
    let digits = (max(1, buses.bits) + 3) / 4
    return events.map { event in
      var nibbles = [UInt8](repeating: 0, count: digits)
      var base = 0
      for bus in buses {
        for element in bus.elements {
          for bit in 0..<element.width where (event[element.flatIndex] >> bit) & 1 == 1 {
            let position = base + element.offset + bit
            nibbles[digits - 1 - position / 4] |= 1 << (position % 4)
          }
        }
        base += bus.width
      }
      return String(decoding: nibbles.map { $0 < 10 ? $0 + 48 : $0 + 87 }, as: UTF8.self) + "\n"
    }.joined()
  }

  /// At most three decimals, without trailing zeros.
  private static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "0" }
    let thousandths = Int((value * 1000).rounded())
    var text = "\(thousandths / 1000)." + String(1000 + thousandths % 1000).dropFirst()
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }
}

extension [Bus] {
  fileprivate var bits: Int { reduce(0) { $0 + $1.width } }
}

extension [String] {
  fileprivate var lines: String { joined(separator: "\n") }
}
