import Diagnostics
import FixedPoint
import FixedPointIR

/// What a reloadable machine was built for: enough to say whether another network fits it, and to write its words.
package struct ReloadMap: Codable, Sendable, Hashable {
  package struct Layer: Codable, Sendable, Hashable {
    package var name: String
    package var arithmetic: String
    package var lanes: Int
    package var steps: Int
    package var weightFractionBits: Int
    /// Bits of a factor in a word.
    package var weightBits: Int
    package var accumulatorBits: Int
    package var accumulatorFractionBits: Int
    /// What lanes show in which cycle, and of which types.
    package var operands: String
    package var processors: [Processor]
  }

  package struct Processor: Codable, Sendable, Hashable {
    package var name: String
    package var element: Int
    /// What becomes of the sum.
    package var finish: String
  }

  package var name: String
  /// Bits of the port.
  package var dataBits: Int
  /// Words between version and checksum.
  package var words: Int
  package var layers: [Layer]
  /// Everything that is not in the programs.
  package var fixed: String

  package static let fileName = "reload.json"
}

extension ReloadMap {
  /// - Parameter plan: of a reloadable machine.
  package init(_ plan: MachinePlan) {
    name = plan.graph.name
    layers = plan.layers.map { layer in
      let sum = layer.processors.first?.accumulator ?? FixedPointType(width: 1, integerBits: 1)
      return Layer(
        name: layer.name,
        arithmetic: layer.arithmetic.text,
        lanes: layer.lanes,
        steps: layer.steps,
        weightFractionBits: layer.weightFractionBits,
        weightBits: layer.weightBits,
        accumulatorBits: sum.width,
        accumulatorFractionBits: sum.fractionBits,
        operands: Fingerprint.text(of: layer.groups.map { "\($0.operands.map(\.type)) \($0.schedule)" }.joined()),
        processors: layer.processors.map {
          Processor(
            name: $0.program.name,
            element: $0.element,
            finish: Fingerprint.text(of: plan.finishes[$0.finish].behindSum)
          )
        }
      )
    }
    let memories = plan.programMemories
    dataBits = LoadPort(memories: memories, latency: 1).dataBits
    words = memories.reduce(0) { $0 + $1.depth }
    fixed = Fingerprint.text(of: plan.fixedParts)
  }

  /// Refuses a network that the machine cannot compute.
  ///
  /// - Parameter file: of the network, as the user named it.
  package func check(_ plan: MachinePlan, file: String) throws {
    let other = ReloadMap(plan)
    func refuse(_ reason: String) -> Diagnostic {
      .error(
        "does-not-fit",
        "the network does not fit the machine: \(reason)",
        at: Origin(file: file),
        hint: "compile it anew for a machine of its own"
      )
    }
    guard layers.count == other.layers.count else {
      throw refuse("it has \(other.layers.count) layers of processors, the machine \(layers.count)")
    }
    for (own, new) in zip(layers, other.layers) {
      if let reason = own.difference(from: new) { throw refuse("layer '\(new.name)' \(reason)") }
    }
    guard fixed == other.fixed else {
      throw refuse("what is between the layers of processors, or the types of inputs and outputs, is another")
    }
    for (own, layer) in zip(layers, plan.layers) { try own.checkValues(layer, refuse) }
  }
}

extension ReloadMap.Layer {
  /// In which way another layer is not of this shape; nil where it is.
  fileprivate func difference(from new: ReloadMap.Layer) -> String? {
    if processors.count != new.processors.count {
      return "has \(new.processors.count) neurons, the machine \(processors.count) processors"
    }
    if arithmetic != new.arithmetic { return "sums by \(new.arithmetic), the machine by \(arithmetic)" }
    if steps != new.steps || lanes != new.lanes || operands != new.operands {
      return "reads its operands in another order, or of other types"
    }
    if weightFractionBits != new.weightFractionBits {
      return "has \(new.weightFractionBits) fraction bits in its weights, the machine \(weightFractionBits)"
    }
    if accumulatorFractionBits != new.accumulatorFractionBits {
      return "needs \(new.accumulatorFractionBits) fraction bits in its sums, the machine has "
        + "\(accumulatorFractionBits)"
    }
    for (own, other) in zip(processors, new.processors) where own.finish != other.finish {
      return "quantises the result of neuron \(other.element) in another way, or has another activation"
    }
    return nil
  }

  fileprivate func checkValues(_ layer: ProcessorLayer, _ refuse: (String) -> Diagnostic) throws {
    let factors = FixedPointType(width: weightBits, integerBits: weightBits).rawRange
    let sums = FixedPointType(width: accumulatorBits, integerBits: accumulatorBits).rawRange
    for processor in layer.processors {
      for word in processor.program.words.joined() where !factors.contains(Int128(word.factor)) {
        throw refuse(
          "the weight \(word.factor) of '\(processor.program.name)' needs more than the machine's \(weightBits) bits"
        )
      }
      guard sums.contains(processor.sum), sums.contains(processor.program.start) else {
        throw refuse(
          "the accumulator of '\(processor.program.name)' could overflow: its sum can be anything in "
            + "\(processor.sum), and the machine has \(accumulatorBits) bits"
        )
      }
    }
  }
}

/// A short text that tells long texts apart: FNV-1a of 64 bits.
enum Fingerprint {
  static func text(of text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension FinishChain {
  /// The chain without the sum's own type.
  var behindSum: String {
    var graph = graph
    graph[graph.inputs[0]].types = ElementTypes(uniform: FixedPointType(width: 1, integerBits: 1), count: 1)
    return graph.description
  }
}

extension MachinePlan {
  /// Everything that is not in programs: inputs, outputs, what stands between layers.
  fileprivate var fixedParts: String {
    var text = ""
    for id in graph.inputs + graph.outputs { text += "\(graph[id].types.all)\n" }
    for stage in stages {
      switch stage {
      case .processors(let layer): text += "processors \(layer.inputs.map(\.index)) \(layer.output.index)\n"
      case .unit(let unit):
        let node = graph.nodes[unit.node]
        text += "unit \(node.inputs.map(\.index)) \(node.output.index) \(graph[node.output].types.all)\n"
        var part = FixedPointGraph(name: "unit")
        part.tensors = graph.tensors
        for index in part.tensors.indices { part.tensors[index].name = "t\(index)" }
        var copy = node
        copy.name = "unit"
        part.nodes = [copy]
        text += part.description
      case .wires(let node, let gather): text += "wires \(graph.nodes[node].inputs.map(\.index)) \(gather.sources)\n"
      }
    }
    return text
  }

  /// All program memories in the order in which they are loaded.
  var programMemories: [ProgramMemory] { layers.flatMap(\.programMemories) }
}

extension ProcessorLayer {
  /// Bits of a factor in a word.
  package var weightBits: Int { arithmetic == .shiftAndAdd ? 2 : max(1, weights.bitWidth) }

  /// A processor's memories: those of its lanes, then its constant.
  var programMemories: [ProgramMemory] {
    let words = FixedPointType(width: weightBits, integerBits: weightBits, isSigned: true)
    return processors.flatMap { processor in
      [ProgramMemory](repeating: ProgramMemory(depth: steps, type: words), count: lanes) + [
        ProgramMemory(
          depth: 1,
          type: FixedPointType(
            width: processor.accumulator.width,
            integerBits: processor.accumulator.width,
            isSigned: processor.accumulator.isSigned
          )
        )
      ]
    }
  }
}
