import DesignIR
import Devices
import FirmwareFiles
import FirmwareTemplates
import NetlistIR

/// The files around the Verilog: scripts, constraints, testbench and the page for the receiver.
struct ProjectTexts {
  let design: Design
  let layout: DesignLayout
  let options: VerilogOptions
  /// Paths of the Verilog files.
  let sources: [String]
  /// Whether there are models of the part's primitives.
  let hasModels: Bool

  private var interface: DesignInterface { design.interface }

  func files() throws -> [ProjectFile] {
    let period = Self.decimal(interface.clockPeriod)
    let part = options.part.orderingCode
    let script = try FirmwareTemplate.vivadoScript.render([
      "top": layout.top, "part": part, "clockPeriod": period, "sources": sources.map { "  \($0)" }.lines,
    ])
    let constraints = try FirmwareTemplate.constraints.render(["clockPeriod": period])
    let testbench = try testbench()
    let readme = try FirmwareTemplate.readme.render([
      "project": options.project.singleLine, "top": layout.top, "latency": String(interface.latency),
      "latencyTime": Self.decimal(Double(interface.latency) * interface.clockPeriod), "clockPeriod": period,
      "part": part,
      "interval": interface.interval == 1 ? "1 cycle" : "\(interface.interval) cycles",
      "portRows": portRows.lines,
      "testbenchRow": testbench.isEmpty ? noTestbenchRow : testbenchRow,
    ])
    return [
      ProjectFile(path: "README.md", text: readme), ProjectFile(path: "constraints.xdc", text: constraints),
      ProjectFile(path: "vivado.tcl", text: script),
    ] + testbench
  }

  private var testbenchRow: String {
    let command = "cd tb && iverilog -g2005 -o testbench \(layout.top)_tb.v \(simulated) && vvp testbench"
    return "| `tb/` | a self-checking testbench with its events: `\(command)` |"
      + (hasModels ? "\n| `sim/*.v` | models of the part's primitives, for simulators without AMD's library |" : "")
  }

  /// The Verilog files that a simulator reads, seen from `tb/`.
  private var simulated: String { hasModels ? "../rtl/*.v ../sim/*.v" : "../rtl/*.v" }

  private var noTestbenchRow: String {
    interface.handshake == .fixedLatency
      ? "| `tb/` | (none: no events were given) |" : "| `tb/` | (none: the ports need a partner) |"
  }

  private var portRows: [String] {
    let clock = layout.hasClock ? ["| `clk` | in | 1 | everything happens at its rising edge |"] : []
    let what = interface.handshake == .fixedLatency ? "valid bits" : "control state"
    let reset = layout.hasReset ? ["| `rst` | in | 1 | synchronous; clears the \(what), never the data |"] : []
    let (inputs, outputs) = (rows(layout.data.inputs, direction: "in"), rows(layout.data.outputs, direction: "out"))
    switch interface.handshake {
    case .everyCycle: return clock + reset + inputs + outputs
    case .fixedLatency:
      let answer = "the output buses carry the answer to the event of \(interface.latency) cycles ago"
      return clock + reset + ["| `in_valid` | in | 1 | the input buses carry an event in this cycle |"] + inputs
        + ["| `out_valid` | out | 1 | \(answer) |"] + outputs
    case .readyValid:
      return clock + reset + ["| `in_valid` | in | 1 | the input buses carry an event |"] + inputs
        + ["| `in_ready` | out | 1 | an event is taken in a cycle where `in_valid` is 1, too |"]
        + ["| `out_valid` | out | 1 | the output buses carry an answer, and keep it until it is taken |"] + outputs
        + ["| `out_ready` | in | 1 | an answer is taken in a cycle where `out_valid` is 1, too |"]
    case .stream: return clock + reset + interface.channels.flatMap(rows)
    }
  }

  private func rows(_ channel: StreamChannel) -> [String] {
    let isInput = channel.direction == .input
    let (ours, theirs) = isInput ? ("out", "in") : ("in", "out")
    let buses = (isInput ? layout.data.inputs : layout.data.outputs).filter { $0.tensor == channel.port }
    let beats =
      "one of the \(channel.beats) beats of an event"
      + (channel.isPlanar ? " (a position of all channels, which come first in the tensor)" : "")
    let rows =
      ["| `\(channel.valid)` | \(theirs) | 1 | the bus carries \(beats), and keeps it until it is taken |"]
      + rows(buses, direction: theirs)
      + [
        "| `\(channel.last)` | \(theirs) | 1 | the beat is the event's last |",
        "| `\(channel.ready)` | \(ours) | 1 | a beat is taken in a cycle where `\(channel.valid)` is 1, too |",
      ]
    return isInput
      ? rows + ["| `\(channel.misplaced)` | out | 1 | `\(channel.last)` came with another beat; until reset |"] : rows
  }

  private func rows(_ buses: [Bus], direction: String) -> [String] {
    buses.map { bus in
      let meaning = "tensor '\(bus.tensor.singleLine)', \(bus.elements.count) elements"
      return bus.width == 0
        ? "| (none) | \(direction) | 0 | \(meaning), all of width 0 |"
        : "| `\(bus.name)` | \(direction) | \(bus.width) | \(meaning) |"
    }
  }

  // MARK: - Testbench

  /// Nothing where there are no events or no output bits, or where events need a partner that says ready.
  private func testbench() throws -> [ProjectFile] {
    let (inputBits, outputBits) = (layout.data.inputs.bits, layout.data.outputs.bits)
    if options.vectors.inputs.isEmpty || outputBits == 0 || interface.handshake != .fixedLatency { return [] }
    let text = try FirmwareTemplate.verilogTestbench.render([
      "top": layout.top, "simulated": simulated, "samples": String(options.vectors.inputs.count),
      "latency": String(interface.latency),
      "inputMsb": String(max(0, inputBits - 1)), "outputMsb": String(outputBits - 1),
      "halfPeriod": Self.decimal(interface.clockPeriod / 2),
      "inputConnections": connections(layout.data.inputs, to: "in_data").map { $0 + "," }.lines,
      "outputConnections": connections(layout.data.outputs, to: "out_data").joined(separator: ",\n"),
    ])
    return [
      ProjectFile(path: "tb/\(layout.top)_tb.v", text: text),
      ProjectFile(path: "tb/inputs.hex", text: hex(options.vectors.inputs, layout.data.inputs)),
      ProjectFile(path: "tb/expected.hex", text: hex(options.vectors.outputs, layout.data.outputs)),
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
