import DesignIR
import FixedPoint
import FixedPointIR

/// A machine for programs to read: what there is and how it is connected.
package struct MachineMap: Codable, Sendable {
  package struct Layer: Codable, Sendable {
    package var name: String
    /// The model's layers that it computes.
    package var layers: [String]
    /// Names of the tensors that it reads, and of the one that it makes.
    package var inputs: [String]
    package var output: String
    package var arithmetic: String
    package var lanes: Int
    package var steps: Int
    package var interval: Int
    /// Cycles after an event's entry in which it starts, and in which its results are there.
    package var startCycle: Int
    package var resultCycle: Int
    package var weightBits: Int
    package var processors: [Processor]
  }

  package struct Processor: Codable, Sendable {
    package var name: String
    package var element: Int
    /// The module that it is an instance of.
    package var module: String
    package var accumulator: String
    package var finish: String
    package var program: String
  }

  /// A part of fixed function.
  package struct Unit: Codable, Sendable {
    package var name: String
    package var kind: String
    package var inputs: [String]
    package var output: String
    package var startCycle: Int
    package var resultCycle: Int
  }

  package var name: String
  package var inputs: [String]
  package var outputs: [String]
  package var latency: Int
  package var interval: Int
  package var layers: [Layer]
  package var units: [Unit]
}

extension MachineMap {
  package init(_ machine: ProcessorMachine) {
    let plan = machine.plan
    let graph = plan.graph
    func name(_ id: FixedTensorID) -> String { graph[id].name }
    let files = ProgramFiles.names(of: plan)
    var next = 0
    layers = zip(plan.layers, machine.trace.layers).map { layer, built in
      Layer(
        name: layer.name,
        layers: layer.nodes.map { graph.nodes[$0].name },
        inputs: layer.inputs.map(name),
        output: name(layer.output),
        arithmetic: layer.arithmetic.text,
        lanes: layer.lanes,
        steps: layer.steps,
        interval: layer.interval,
        startCycle: built.start,
        resultCycle: built.result,
        weightBits: layer.weights.bitWidth,
        processors: layer.processors.enumerated().map { index, processor in
          defer { next += 1 }
          return Processor(
            name: processor.program.name,
            element: processor.element,
            module: built.modules[index],
            accumulator: processor.accumulator.description,
            finish: plan.finishes[processor.finish].summary,
            program: "\(ProgramFiles.folder)/\(files[next]).pasm"
          )
        }
      )
    }
    units = zip(plan.units, machine.trace.units).map { unit, times in
      Unit(
        name: unit.name,
        kind: graph.nodes[unit.node].kind,
        inputs: unit.inputs.map(name),
        output: name(unit.output),
        startCycle: times.start,
        resultCycle: times.result
      )
    }
    self.name = graph.name
    inputs = graph.inputs.map(name)
    outputs = graph.outputs.map(name)
    latency = machine.design.interface.latency
    interval = machine.design.interface.interval
  }
}
