import FixedPoint
import FixedPointIR

/// A machine as a drawing for Graphviz: a box per processor, an edge per bus.
package enum MachineDrawing {
  /// Processors of a layer that are drawn one by one; of more, the first and the last.
  private static let drawn = 12

  package static func dot(_ machine: ProcessorMachine) -> String {
    let plan = machine.plan
    let graph = plan.graph
    var lines = ["digraph machine {", "  rankdir=LR;", "  node [shape=box, fontname=Helvetica, fontsize=10];"]
    var maker: [FixedTensorID: String] = [:]
    func edges(_ inputs: [FixedTensorID], to node: String) {
      for input in inputs {
        lines.append("  \(maker[input] ?? "unknown") -> \(node) [label=\(quoted("\(graph[input].count)"))];")
      }
    }
    for (number, input) in graph.inputs.enumerated() {
      maker[input] = "in\(number)"
      lines.append("  in\(number) [shape=ellipse, label=\(quoted(graph[input].name))];")
    }
    var layers = 0
    var units = 0
    for stage in plan.stages {
      switch stage {
      case .processors(let layer):
        let bus = "layer\(layers)"
        lines.append("  subgraph cluster\(layers) {")
        lines.append(
          "    label=\(quoted("\(layer.name): \(layer.processors.count) processors, \(layer.steps) steps"));"
        )
        lines.append("    \(bus) [shape=point];")
        for (index, processor) in layer.processors.enumerated() where isDrawn(index, of: layer.processors.count) {
          let label = "\(processor.program.name)\\n\(processor.accumulator.shortDescription)"
          lines.append("    p\(layers)_\(index) [label=\(quoted(label))];")
          lines.append("    \(bus) -> p\(layers)_\(index);")
        }
        lines.append("  }")
        edges(layer.inputs, to: bus)
        // The last of the drawn stands for all.
        maker[layer.output] = layer.processors.isEmpty ? bus : "p\(layers)_\(layer.processors.count - 1)"
        layers += 1
      case .unit(let unit):
        let name = "unit\(units)"
        lines.append("  \(name) [shape=hexagon, label=\(quoted("\(unit.name)\\n\(graph.nodes[unit.node].kind)"))];")
        edges(unit.inputs, to: name)
        maker[unit.output] = name
        units += 1
      case .wires(let node, _):
        let name = "wires\(node)"
        lines.append("  \(name) [shape=point];")
        edges(graph.nodes[node].inputs, to: name)
        maker[graph.nodes[node].output] = name
      }
    }
    for (number, output) in graph.outputs.enumerated() {
      lines.append("  out\(number) [shape=ellipse, label=\(quoted(graph[output].name))];")
      lines.append("  \(maker[output] ?? "unknown") -> out\(number);")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private static func isDrawn(_ index: Int, of count: Int) -> Bool {
    count <= drawn || index < drawn - 1 || index == count - 1
  }

  /// A string of Graphviz's; `\n` inside stays a line break.
  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\"", with: "'") + "\""
  }
}
