import DesignBuilding
import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering

/// Turns one stage of a streamed network into a function that reads and writes streams.
struct StageEmission {
  let plan: StreamPlan
  let names: StreamNames
  let index: Int
  let lowering: LoweringOptions
  let origin: Origin

  var stage: StreamStage { plan.stages[index] }
  var name: String { names.stages[index] }
  /// One for each operand.
  private var operands: [StreamNames.Stream] { stage.operands.map { names.streams[$0.index] } }

  /// The queues behind each result.
  private var results: [(stream: StreamNames.Stream, queues: [String])] {
    var count = 0
    let total = stage.outputs.reduce(0) { sum, id in sum + plan.edges.count { $0.stream == id } }
    return stage.outputs.map { id in
      let queues = plan.edges.filter { $0.stream == id }.map { _ in
        defer { count += 1 }
        return total == 1 ? "y" : "y\(count)"
      }
      return (names.streams[id.index], queues)
    }
  }

  private func operandName(_ operand: Int) -> String { stage.operands.count == 1 ? "x" : "x\(operand)" }

  /// The function's head, up to its closing parenthesis.
  var signature: String {
    let inputs = operands.enumerated().map { "hls::stream<\($1.word) > &\(operandName($0))" }
    let outputs = results.flatMap { result in result.queues.map { "hls::stream<\(result.stream.word) > &\($0)" } }
    return "void \(name)(\((inputs + outputs).joined(separator: ", ")))"
  }

  /// A call with the streams around it.
  var call: CppCall {
    let edges = plan.edges
    let inputs = edges.indices.filter { edge in
      if case .stage(index, _) = edges[edge].reader { true } else { false }
    }
    let outputs = stage.outputs.flatMap { id in edges.indices.filter { edges[$0].stream == id } }
    return CppCall(function: name, arguments: (inputs + outputs).map { names.edges[$0] })
  }

  func code() throws -> StageCode {
    switch stage.work {
    case .kernel(let kernel): return try kernelCode(kernel)
    case .accumulation(let sum): return accumulationCode(sum)
    case .recurrence:
      throw Diagnostic.error(
        "unsupported-operator",
        "layer '\(stage.name)' has a state, which the HLS backend does not write yet",
        at: origin,
        hint: "use the Verilog backend"
      )
    }
  }

  // MARK: - Kernels

  private func kernelCode(_ kernel: TokenKernel) throws -> StageCode {
    let body = try KernelNamespace(name: names.kernels[index], plan: try bodyPlan(kernel))
    var code = StageCode(definitions: [body.definition, .blank], libraries: body.libraries)
    code.interval = body.interval
    let pragma: CppPragma? = body.sharesMultipliers ? nil : .pipeline(interval: body.interval)
    if kernel.raster.isPointwise {
      code.summary = "every position by itself"
      let loop = CppLoop(
        label: "tokens",
        count: kernel.raster.steps,
        layout: .flush,
        pragma: pragma,
        body: fire(body) { operand, array in
          let stream = operands[operand]
          return unpack(stream, "\(operandName(operand)).read()", array)
        }
      )
      code.function = CppFunction(signature: signature, body: [.loop(loop)])
    } else {
      let walk = WindowCode(
        raster: kernel.raster,
        configuration: names.configurations[index],
        stream: operands[0],
        typeName: body.typeName(of: body.plan.graph.inputs[0]),
        container: body.plan.container(of: body.plan.graph.inputs[0])
      )
      code.summary = walk.summary
      code.definitions += [
        .types(try walk.configurationLines(padding: kernel.padding, name: name, at: origin)), .blank,
      ]
      let body = fire(body) { _, array in walk.read(array) }
      code.function = CppFunction(signature: signature, body: walk.statements(pragma: pragma, firing: body))
    }
    return code
  }

  /// The kernel's layers, with reuse factors that they can be built with.
  private func bodyPlan(_ kernel: TokenKernel) throws -> NetworkPlan {
    var body = kernel.body
    for index in body.nodes.indices {
      guard let dense = body.nodes[index].operation.denseKernel else { continue }
      let wanted = body.nodes[index].implementation.reuseFactor
      body.nodes[index].implementation.reuseFactor = ReuseFactorRule.nearest(to: wanted, for: dense)
    }
    let analysis = RangeAnalysis(body, inputs: plan.inputRanges(of: kernel, operands: stage.operands))
    let graphs = AdderGraphPlans(
      body,
      analysis: analysis,
      options: lowering,
      isWanted: HLSBackend.usesAdderGraph
    )
    return try NetworkPlan(
      body,
      analysis: analysis,
      adderGraphs: graphs,
      top: "fire",
      namespace: names.kernels[index]
    )
  }

  /// Arrays that `read` fills, a firing, and its results as tokens.
  private func fire(
    _ body: KernelNamespace,
    read: (_ operand: Int, _ array: String) -> CppStatement
  ) -> [CppStatement] {
    func array(_ port: NetworkPlan.Port, _ name: String) -> [CppStatement] {
      [
        .array(type: "\(body.name)::\(port.typeName)", name: name, count: port.count),
        .pragma(.arrayPartition(name)),
      ]
    }
    let ports = body.plan.ports
    let (inputs, outputs) = (ports.prefix(stage.operands.count), ports.dropFirst(stage.operands.count))
    let taps = inputs.indices.map { inputs.count == 1 ? "taps" : "taps\($0)" }
    let sums = outputs.indices.map { outputs.count == 1 ? "result" : "result\($0 - inputs.count)" }
    var statements: [CppStatement] = []
    for (operand, (port, name)) in zip(inputs, taps).enumerated() {
      statements += array(port, name) + [read(operand, name)]
    }
    for (port, name) in zip(outputs, sums) { statements += array(port, name) }
    statements.append(.call(CppCall(function: "\(body.name)::fire", arguments: taps + sums)))
    for (result, name) in zip(results, sums) { statements += write(result, name) }
    return statements
  }

  private func unpack(_ stream: StreamNames.Stream, _ word: String, _ array: String) -> CppStatement {
    .call(
      CppCall(
        function: "tricot::unpack",
        templateArguments: ["\(stream.elements)", stream.element],
        arguments: [word, array]
      )
    )
  }

  /// An array as a token in every queue behind a result.
  private func write(_ result: (stream: StreamNames.Stream, queues: [String]), _ array: String) -> [CppStatement] {
    let value = result.stream.pack(array)
    if result.queues.count == 1 {
      return [.call(CppCall(function: "\(result.queues[0]).write", arguments: [value]))]
    }
    let token = "\(array)_token"
    return [.variable(type: "const \(result.stream.word)", name: token, value: value)]
      + result.queues.map { .call(CppCall(function: "\($0).write", arguments: [token])) }
  }

  // MARK: - Sums over all positions

  private func accumulationCode(_ sum: TokenAccumulation) -> StageCode {
    let (operand, result) = (operands[0], results[0])
    let dense = sum.dense
    let accumulator = accumulator(of: sum, operand: operand, result: result.stream)
    let (elements, outputs) = (operand.elements, dense.outputSize)
    let products = elements * outputs
    let interval = min(max(sum.reuseFactor ?? 1, 1), max(products, 1))
    let configuration = names.configurations[index]
    let numbers = [
      ("outputs", outputs), ("elements", elements), ("products", products),
      ("multipliers", (products + interval - 1) / interval),
    ]
    let types = [
      ("weight_t", CppText.type(.containing(dense.weights, fractionBits: dense.weightFractionBits))),
      ("bias_t", CppText.type(.containing(dense.bias.raw, fractionBits: dense.bias.fractionBits))),
      ("sum_t", CppText.type(accumulator)),
    ]
    let lines =
      ["struct \(configuration) {"] + numbers.map { "  static const int \($0.0) = \($0.1);" }
      + types.map { "  typedef \($0.1) \($0.0);" } + ["};"]
    let ordered = (0..<sum.positions).flatMap { position in
      (0..<outputs).flatMap { output in
        (0..<elements).map { dense.weights[(position * elements + $0) * outputs + output] }
      }
    }
    var code = StageCode(definitions: [.types(lines), .blank], libraries: ["stream"])
    code.interval = interval
    code.summary = "\(dense.inputSize) inputs, \(outputs) outputs: products are added as tokens come"
    code.definitions += [
      .comment("Raw integers of weight_t: a row for each position, in it all of an output side by side."),
      .constant(CppText.constant(names.weights[index], ordered, isArray: true)),
      .constant(CppText.constant(names.biases[index], dense.bias.raw, isArray: dense.bias.raw.count > 1)), .blank,
    ]
    let loop = CppLoop(
      label: "tokens",
      count: sum.positions,
      layout: .flush,
      pragma: .pipeline(interval: interval),
      body: [
        .array(type: operand.element, name: "taps", count: elements), .pragma(.arrayPartition("taps")),
        unpack(operand, "x.read()", "taps"),
        .call(
          CppCall(
            function: "tricot::add_products",
            templateArguments: [configuration],
            arguments: ["taps", "i", "sums", names.weights[index]]
          )
        ),
      ]
    )
    let begin = CppCall(
      function: "tricot::begin_sums",
      templateArguments: [configuration],
      arguments: [names.biases[index], "sums"]
    )
    code.function = CppFunction(
      signature: signature,
      body: [
        .array(type: "\(configuration)::sum_t", name: "sums", count: outputs), .pragma(.arrayPartition("sums")),
        .call(begin), .loop(loop),
      ] + write(result, "sums")
    )
    return code
  }

  /// hls4ml's accumulator, or one that holds the exact sums on the grid of all products, and wraps on the way.
  private func accumulator(
    of sum: TokenAccumulation,
    operand: StreamNames.Stream,
    result: StreamNames.Stream
  ) -> FixedPointType {
    switch sum.dense.accumulation {
    case .stepwise(let type, _): return type
    case .exact:
      let products = operand.container.fractionBits + sum.dense.weightFractionBits
      let grid = max(products, sum.dense.bias.fractionBits, result.container.fractionBits)
      let whole = result.container.integerBits
      return FixedPointType(
        width: max(whole + grid, 1),
        integerBits: max(whole, 1 - grid),
        isSigned: result.container.isSigned
      )
    }
  }
}

/// The C++ of a stage.
struct StageCode {
  /// Before the function.
  var definitions: [CppDefinition]
  /// Headers of the library, without their endings.
  var libraries: [String]
  var function = CppFunction(signature: "", body: [])
  /// What the stage does, after its name.
  var summary = ""
  /// Cycles from one step to the next.
  var interval = 1
}
