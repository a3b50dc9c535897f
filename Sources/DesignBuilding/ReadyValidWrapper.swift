import DesignIR
import FixedPoint
import NetlistIR

/// Ready and valid around a module of fixed latency that takes an event every so many cycles.
///
/// The module never stalls; an event waits at least until the one before it has left the module's shared parts.
struct ReadyValidWrapper {
  let name: String
  /// Inputs `in_valid` and data, outputs `out_valid` and data.
  let core: ModuleID
  let latency: Int
  let interval: Int

  /// Results on their way and waiting.
  private var waiting: CreditQueue { CreditQueue(latency: latency, interval: interval) }

  func module(in design: DesignBuilder) throws -> HardwareModule {
    let signature = design.signature(of: core)
    var builder = ModuleBuilder(name: name, scope: NetlistScope(name: "(handshake)", kind: "Control"))
    let valid = builder.bit("in_valid")
    let data = signature.inputs.dropFirst().map { builder.input($0) }
    let ready = builder.bit("out_ready")

    let instance = builder.declareInstance("core", of: core, in: design)
    let results = builder.outputs(of: instance)

    let queue = waiting.build(&builder, results.dropFirst().flatMap { $0 }, arrived: results[0][0], ready)
    let accepted = waiting.admit(&builder, valid, taken: queue.taken)
    builder.connect(instance, port: 0, [accepted])
    for (port, values) in data.enumerated() { builder.connect(instance, port: port + 1, values) }

    builder.output(bit: "out_valid", queue.isFilled)
    var element = 0
    for port in signature.outputs.dropFirst() {
      builder.output(port, Array(queue.head[element..<element + port.elements.count]))
      element += port.elements.count
    }
    return try builder.finish()
  }
}
