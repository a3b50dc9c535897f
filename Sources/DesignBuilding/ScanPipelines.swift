import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// The kernel of a recurrence as two pipelines: what does not depend on the state, and the loop through the state, which alone
/// bounds how often a step may begin.
///
/// Where the cut makes the loop no shorter, all of the kernel is the loop.
struct ScanPipelines {
  /// Cycles from a slice to what the loop reads of it.
  private(set) var frontLatency = 0
  /// Cycles from a state to the next.
  let loopLatency: Int

  private let scan: ScanOperation
  private let kernel: RangeAnalysis
  private var front: (module: ModuleID, operands: [Int])?
  private let loop: ModuleID
  /// What the loop reads beside the states.
  private let sources: [Source]

  private enum Source {
    case front(output: Int)
    case slice(operand: Int)
  }

  init(
    _ scan: ScanOperation,
    kernel: RangeAnalysis,
    name: String,
    layer: NetlistScope,
    pipelining: Pipelining,
    in design: inout DesignBuilder
  ) throws {
    self.scan = scan
    self.kernel = kernel
    let body = scan.body
    let whole = try pipelining.circuit(of: body, inputs: body.inputs.map { kernel[$0] }, layer: { _ in layer })
    if let cut = ScanCut(scan) {
      let rest = try pipelining.circuit(
        of: cut.loop.graph(of: body),
        inputs: cut.loop.inputs.map { kernel[$0] },
        layer: { _ in layer }
      )
      if rest.latency < whole.latency {
        let first = try pipelining.circuit(
          of: cut.front.graph(of: body),
          inputs: cut.front.inputs.map { kernel[$0] },
          layer: { _ in layer }
        )
        let slices = Array(body.inputs.dropFirst(scan.stateCount))
        front = (design.add(first, name: "\(name)_inputs"), cut.front.inputs.compactMap { slices.firstIndex(of: $0) })
        loop = design.add(rest, name: "\(name)_step")
        frontLatency = first.latency
        loopLatency = rest.latency
        sources = cut.loop.inputs.dropFirst(scan.stateCount).compactMap { id in
          cut.front.outputs.firstIndex(of: id).map { .front(output: $0) }
            ?? slices.firstIndex(of: id).map { .slice(operand: $0) }
        }
        return
      }
    }
    loop = design.add(whole, name: "\(name)_step")
    loopLatency = whole.latency
    sources = (0..<scan.slicedOperandCount).map { .slice(operand: $0) }
  }

  /// The loop as an instance, of which the inputs are not connected yet.
  struct Instance {
    fileprivate let id: InstanceID
    /// The next states and the result, by output of the kernel.
    let results: [[ValueID]]
  }

  func declare(_ builder: inout ModuleBuilder, in design: DesignBuilder) -> Instance {
    let id = builder.declareInstance("step", of: loop, in: design)
    return Instance(id: id, results: builder.outputs(of: id))
  }

  /// Connects the loop.
  ///
  /// - Parameters:
  ///   - states: by state, as they are in the cycle in which a step begins.
  ///   - slices: by sliced operand, on the grids of the kernel's inputs, ``frontLatency`` cycles before that.
  func connect(
    _ instance: Instance,
    _ builder: inout ModuleBuilder,
    in design: DesignBuilder,
    states: [[ValueID]],
    slices: [[ValueID]]
  ) {
    var made: [[ValueID]] = []
    if let front {
      let inputs = front.operands.map { slices[$0] }
      made = builder.instance("inputs", of: front.module, in: design, inputs: inputs)
    }
    for (state, values) in states.enumerated() { builder.connect(instance.id, port: state, values) }
    for (index, source) in sources.enumerated() {
      let values: [ValueID]
      switch source {
      case .front(let output): values = made[output]
      case .slice(let operand):
        values = slices[operand].enumerated().map { element, value in
          builder.delayed(value, by: frontLatency, name: "slice\(operand)_\(element)_late")
        }
      }
      builder.connect(instance.id, port: scan.stateCount + index, values)
    }
  }

  /// The kernel's results stand on the grids of the body's output, and a zero may stand there before the first.
  ///
  /// - Parameter count: elements, of one firing or of several.
  func resultElements(count: Int) -> [FixedPointType] {
    let types = scan.body[scan.result].types
    return (0..<count).map { element in
      .containing(
        kernel[scan.result][element % types.count].union(Interval(0)),
        fractionBits: types[element % types.count].fractionBits
      )
    }
  }
}

/// A scan's kernel, cut between what depends on the state and what does not.
private struct ScanCut {
  var front: Segment
  var loop: Segment

  /// Nil where one of both parts would be empty, or nothing is multiplied or looked up in the first.
  init?(_ scan: ScanOperation) {
    let body = scan.body
    let states = Array(body.inputs.prefix(scan.stateCount))
    var depends = [Bool](repeating: false, count: body.tensors.count)
    for state in states { depends[state.index] = true }
    var nodes: (front: [Int], loop: [Int]) = ([], [])
    for (index, node) in body.nodes.enumerated() where node.operation.kind != .input {
      if node.inputs.contains(where: { depends[$0.index] }) {
        depends[node.output.index] = true
        nodes.loop.append(index)
      } else {
        nodes.front.append(index)
      }
    }
    let hasWork = nodes.front.contains { ![.gather, .requantize].contains(body.nodes[$0].operation.kind) }
    guard hasWork, !nodes.loop.isEmpty else { return nil }
    func read(by nodes: [Int]) -> Set<FixedTensorID> { Set(nodes.flatMap { body.nodes[$0].inputs }) }
    let slices = body.inputs.dropFirst(scan.stateCount)
    let wanted = read(by: nodes.loop).union(body.outputs)
    front = Segment(nodes: nodes.front, form: .flat)
    front.inputs = slices.filter(read(by: nodes.front).contains)
    front.outputs = nodes.front.map { body.nodes[$0].output }.filter(wanted.contains)
    loop = Segment(nodes: nodes.loop, form: .flat)
    loop.inputs = states + front.outputs + slices.filter(wanted.contains)
    loop.outputs = body.outputs
  }
}
