import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// A kernel as a module: `in_valid` and a port for each operand in, `out_valid` and a port for each result a fixed time later.
struct KernelModule {
  var module: ModuleID
  var latency: Int
  /// Cycles from one firing to the next, at least.
  var interval: Int

  /// - Parameters:
  ///   - name: begins the names of all its modules.
  ///   - ranges: what is proven of the inputs of the kernel's body.
  init(
    _ kernel: TokenKernel,
    name: String,
    ranges: [[Interval]],
    options: DesignOptions,
    in design: inout DesignBuilder
  ) throws {
    let layers = kernel.layers
    func layer(_ scope: NetlistScope) -> NetlistScope { layers[scope.name] ?? scope }
    var body = kernel.body
    body.name = name
    if DesignMaker.isOnePipeline(body, options: options) {
      let circuit = try Pipelining(options: options).circuit(of: body, inputs: ranges, layer: layer)
      module = design.add(circuit, name: name, hasValid: true)
      latency = circuit.latency
      interval = 1
    } else {
      var composer = DesignComposer(
        FormedGraph(body.withoutDeadNeurons, options: options),
        options: options,
        inputs: ranges,
        layer: layer
      )
      let core = try composer.core(in: &design)
      module = core.module
      latency = core.latency
      interval = core.interval
    }
  }

  /// A step of a recurrence; ports `start`, `x0`, `x1`, … and `y`.
  init(
    _ recurrence: TokenScan,
    name: String,
    layer: NetlistScope,
    tokens: [TokenStream],
    options: DesignOptions,
    in design: inout DesignBuilder
  ) throws {
    let cell = ScanTokenModule(
      name: name,
      layer: layer,
      scan: recurrence.scan,
      kernel: recurrence.kernel,
      tokens: tokens,
      pipelining: Pipelining(options: options)
    )
    let made = try cell.module(in: &design)
    module = made.module
    latency = made.latency
    interval = made.interval
  }

  /// The products of a token and the sums over all of them; ports `start`, `x` and `sum`.
  init(
    _ sum: TokenAccumulation,
    name: String,
    layer: NetlistScope,
    token: TokenStream,
    reuseFactor: Int,
    options: DesignOptions,
    in design: inout DesignBuilder
  ) throws {
    let engine = DenseEngine(
      name: name,
      layer: layer,
      dense: sum.dense,
      schedule: ReuseSchedule(
        reuseFactor: reuseFactor,
        inputs: token.elements,
        accumulation: sum.dense.accumulation
      ),
      inputTypes: ElementTypes(each: token.types),
      inputRanges: token.ranges,
      sumTypes: sum.sumTypes,
      pipelining: Pipelining(options: options),
      positions: sum.positions
    )
    let made = try engine.module(in: &design)
    module = made.module
    latency = made.latency
    interval = made.interval
  }
}
