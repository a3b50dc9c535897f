import FixedPoint
import FixedPointIR
import NetlistIR
import TextForm

/// A program with its words, cycles and where its numbers come from.
package enum ProgramListing {
  /// - Parameters:
  ///   - cycle: in which the layer starts, counted from the event's entry.
  static func text(of processor: Processor, _ layer: ProcessorLayer, _ plan: MachinePlan, cycle: Int) -> String {
    let header = ProgramHeader(processor, of: layer, finish: plan.finishes[processor.finish])
    let group = layer.groups[processor.group]
    var writer = TextWriter()
    let neuron = "element \(processor.element) of layer '\(layer.name)' (\(layer.scope.kind))"
    writer.line("# \(processor.program.name): \(neuron)")
    writer.line("# accumulator \(header.accumulator), sums in \(processor.sum); then \(header.finish)")
    writer.line("# starts from \(processor.program.start) = \(value(processor.program.start, header.accumulator))")
    writer.line("# address | word | cycle | instruction | operand | factor")
    for (address, word) in processor.program.words.enumerated() {
      let operands = word.map { instruction -> String in
        guard let operand = instruction.operand else { return "-" }
        let source = group.operands[operand]
        return "'\(plan.graph[layer.inputs[source.input]].name)'[\(source.element)] \(source.type.shortDescription)"
      }
      let factors = word.map { instruction -> String in
        let places = layer.weightFractionBits - instruction.shift
        return number(Double(instruction.factor) * Double(sign: .plus, exponent: -places, significand: 1))
      }
      let instructions = word.map { $0.text(header.arithmetic) }
      writer.line(
        [
          String(address), ProgramImage.hex(word, header), String(cycle + address),
          instructions.joined(separator: " / "), operands.joined(separator: " / "), factors.joined(separator: " / "),
        ].joined(separator: " | ")
      )
    }
    return writer.text
  }

  private static func value(_ raw: Int128, _ type: FixedPointType) -> String { number(type.value(ofRaw: raw)) }

  /// A number in as few digits as tell it apart.
  private static func number(_ value: Double) -> String { value == 0 ? "0" : "\(value)" }
}
