import DesignBuilding
import DesignIR
import FixedPointIR
import NetlistIR
import NetlistPasses

/// A machine of processors as hardware.
package struct ProcessorMachine: Sendable {
  package var plan: MachinePlan
  package var design: Design
  /// How its parts run; of a traced machine, what its ports behind the data show.
  package var trace: MachineTrace

  /// - Parameter isTraced: whether ports behind the data show program counters and accumulators in every cycle.
  package init(_ plan: MachinePlan, isTraced: Bool = false) throws {
    self.plan = plan
    var composer = MachineComposer(plan, isTraced: isTraced)
    var (builder, core, latency) = try composer.compose()
    trace = composer.trace
    let gate = EventGate(
      name: plan.graph.name,
      core: core,
      latency: latency,
      interval: plan.interval,
      tracePorts: isTraced ? 2 * trace.layers.count : 0,
      load: plan.options.isReloadable ? LoadPort(memories: plan.programMemories, latency: latency + 1) : nil,
      loadPorts: plan.options.isReloadable ? composer.loadPorts.count + 1 : 0
    )
    _ = builder.add(try gate.module(in: builder))
    design = try builder.finish(
      interface: DesignInterface(
        handshake: .readyValid,
        latency: latency + CreditQueue.addedLatency,
        interval: plan.interval,
        clockPeriod: plan.options.design.pipeline.clockPeriod
      )
    )
  }
}

extension ProcessorMachine {
  /// Names of all elements of the output ports, in their order: `in_ready`, `y[3]`, `dense_N07.acc`.
  package var signalNames: [String] {
    let outputs = design.signature(of: design.top).outputs
    let loading = plan.options.isReloadable ? LoadPort.outputs : []
    let traced = 2 * trace.layers.count + loading.count
    var names = outputs.dropLast(traced).flatMap { port in
      port.elements.count == 1 && port.elements[0] == .bit
        ? [port.name] : port.elements.indices.map { "\(port.name)[\($0)]" }
    }
    for layer in trace.layers {
      names.append("\(layer.name).step")
      names += layer.processors.map { "\($0).acc" }
    }
    return names + loading
  }
}

extension ProcessorMachine {
  /// The machine as events see it: a reloadable one with its load port tied off.
  package var eventDesign: Design {
    get throws {
      guard plan.options.isReloadable else { return design }
      var builder = DesignBuilder(copying: design)
      let machine = design.top
      let signature = design.signature(of: machine)
      var top = ModuleBuilder(
        name: "\(design.name)_events",
        scope: NetlistScope(name: "(handshake)", kind: "Control")
      )
      let idle = LoadPort.inputs.count
      let inputs = signature.inputs.dropLast(idle).map { top.input($0) }
      let zeros = (0..<idle).map { _ in [top.logic.constant(0)] }
      let outputs = top.instance("machine", of: machine, in: builder, inputs: inputs + zeros)
      for (port, values) in zip(signature.outputs, outputs).dropLast(LoadPort.outputs.count) {
        top.output(port, values)
      }
      _ = builder.add(try top.finish())
      return try builder.finish(interface: design.interface)
    }
  }
}
