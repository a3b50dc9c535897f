import DesignBuilding
import DesignIR
import FixedPoint
import NetlistIR

/// Ready and valid around a machine of fixed latency whose programs may be loaded, and whose state may be watched.
///
/// The machine never stalls; an event waits at least until the slowest layer has read the one before it.
struct EventGate {
  let name: String
  /// Inputs `in_valid` and data, outputs `out_valid` and data, then what is traced.
  let core: ModuleID
  let latency: Int
  let interval: Int
  /// Ports behind the data.
  let tracePorts: Int
  /// How programs are loaded; nil where they are fixed.
  let load: LoadPort?
  /// Ports of the core behind the data: the half of the program memories, and the bus to them.
  let loadPorts: Int

  /// Results on their way and waiting.
  private var results: CreditQueue { CreditQueue(latency: latency, interval: interval) }

  func module(in design: DesignBuilder) throws -> HardwareModule {
    let signature = design.signature(of: core)
    var builder = ModuleBuilder(name: name, scope: NetlistScope(name: "(handshake)", kind: "Control"))
    let valid = builder.bit("in_valid")
    let data = signature.inputs.dropFirst().dropLast(loadPorts).map { builder.input($0) }
    let ready = builder.bit("out_ready")
    let instance = builder.declareInstance("core", of: core, in: design)
    let outputs = builder.outputs(of: instance)
    let loading = load?.build(&builder)
    let answers = outputs.dropFirst().dropLast(tracePorts).flatMap { $0 }
    let queue = results.build(&builder, answers, arrived: outputs[0][0], ready)
    let accepted = results.admit(&builder, valid, taken: queue.taken)
    builder.connect(instance, port: 0, [accepted])
    for (port, values) in data.enumerated() { builder.connect(instance, port: port + 1, values) }
    if let loading {
      let bus = loading.bus
      let values = [loading.active, bus.write, bus.bank, bus.memory, bus.step, bus.data]
      let ports = signature.inputs.suffix(loadPorts)
      for (index, value) in values.enumerated() {
        let type = ports[ports.startIndex + index].elements[0]
        let word = builder.logic.wrap(value, width: type.width, signed: false)
        builder.connect(instance, port: data.count + 1 + index, [word])
      }
    }
    builder.output(bit: "out_valid", queue.isFilled)
    var element = 0
    for port in signature.outputs.dropFirst().dropLast(tracePorts) {
      builder.output(port, Array(queue.head[element..<element + port.elements.count]))
      element += port.elements.count
    }
    for (port, values) in zip(signature.outputs, outputs).suffix(tracePorts) { builder.output(port, values) }
    if let load, let loading { load.output(loading.status, &builder) }
    return try builder.finish()
  }
}
