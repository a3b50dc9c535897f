import AdderGraphs
import FixedPoint
import FixedPointIR
import Lowering

/// Straight-line code of a dense layer whose sums share shift-and-add terms.
struct AdderGraphEmission {
  let layer: LayerEmission
  let rows: DenseRows
  let kernels: [DensePlan.Kernel?]

  private var dense: DenseOperation { rows.dense }
  private var plan: NetworkPlan { layer.plan }
  private var name: String { layer.name }
  private var sumType: FixedPointType { layer.exactSumType(of: dense) }
  /// Words up to this width are machine words in C simulation.
  private static let machineBits = 62

  /// Nil where some sum does not fit a machine word.
  func code() -> LayerCode? {
    let functions = distinctKernels
    let isWide = functions.contains { kernel in
      let constants = kernel.constants.map(Interval.init)
      return ([sumType.rawRange] + constants + kernel.graph.ranges(of: kernel.ranges)).contains {
        $0.bitWidth + 1 > Self.machineBits
      }
    }
    if isWide { return nil }
    var code = LayerCode()
    code.library = "adder_graph"
    code.type("sum_t", CppText.type(sumType))
    layer.addShape(of: rows, to: &code)
    let adders = functions.map { $0.graph.nodes.count }
    code.summary =
      "\(dense.inputSize) inputs, \(dense.outputSize) outputs"
      + (rows.positions > 1 ? " at each of \(rows.positions) positions" : "")
      + ", \(adders.map(String.init).joined(separator: " + ")) shared adders"
    code.source = functions.enumerated().flatMap { number, kernel in
      function(kernel, number: number, count: functions.count) + [.blank]
    }
    code.body = positions(functions)
    return code
  }

  /// Positions that compute the same matrix on the same grids, with the same constants, share a function.
  fileprivate struct Kernel {
    var graph: AdderGraph
    var fractionBits: Int
    /// By input: how far the array's grid is finer than the element's; nil for inputs that are constants.
    var shifts: [Int?]
    /// By output: bias and constant inputs, on the grid of the sum.
    var constants: [Int128]
    var positions: [Int]
    /// The input's ranges over all positions.
    var ranges: [Interval]
  }

  private var distinctKernels: [Kernel] {
    var kernels: [Kernel] = []
    for position in 0..<rows.positions {
      guard let kernel = kernel(at: position) else { continue }
      if let index = kernels.firstIndex(where: { $0.isSame(as: kernel) }) {
        kernels[index].positions.append(position)
        kernels[index].ranges = zip(kernels[index].ranges, kernel.ranges).map { $0.union($1) }
      } else {
        kernels.append(kernel)
      }
    }
    return kernels
  }

  private func kernel(at position: Int) -> Kernel? {
    guard case .matrix(let graph, let fractionBits) = kernels[position] else { return nil }
    let elements = (0..<dense.inputSize).map { position * dense.inputSize + $0 }
    let ranges = elements.map { layer.range($0) }
    let isConstant = ranges.map(\.raw.isConstant)
    let array = layer.container().fractionBits
    return Kernel(
      graph: graph,
      fractionBits: fractionBits,
      shifts: ranges.indices.map { isConstant[$0] ? nil : array - ranges[$0].fractionBits },
      constants: (0..<dense.outputSize).map { constant(ofOutput: $0, ranges) },
      positions: [position],
      ranges: ranges.indices.map { isConstant[$0] ? Interval(0) : ranges[$0].raw }
    )
  }

  /// The bias and the products of inputs that are constants, as an integer on the sum's grid.
  private func constant(ofOutput j: Int, _ ranges: [ExactRange]) -> Int128 {
    let sum = ranges.indices.reduce(dense.bias.value(at: j)) { sum, i in
      guard ranges[i].raw.isConstant else { return sum }
      let weight = ExactValue(
        raw: Int128(dense.weights[i * dense.outputSize + j]),
        fractionBits: dense.weightFractionBits
      )
      return sum + ExactValue(raw: ranges[i].raw.lower, fractionBits: ranges[i].fractionBits) * weight
    }
    return sum.raw(on: sumType.fractionBits)
  }

  // MARK: - Functions

  private func kernelName(_ number: Int, of count: Int) -> String {
    "\(name)_kernel" + (count > 1 ? "\(number)" : "")
  }

  /// Calls of the kernels, or nothing where one kernel is the whole layer.
  private func positions(_ functions: [Kernel]) -> [CppStatement] {
    guard rows.positions > 1 else { return [] }
    if functions.count == 1 {
      let arguments = ["x + i * \(dense.inputSize)", "y + i * \(dense.outputSize)", "i * \(dense.outputSize)"]
      let call = CppStatement.call(CppCall(function: kernelName(0, of: 1), arguments: arguments))
      return [.loop(CppLoop(label: "positions", count: rows.positions, body: [call]))]
    }
    let kernelOf = functions.enumerated().flatMap { number, kernel in kernel.positions.map { ($0, number) } }
    return kernelOf.sorted { $0.0 < $1.0 }.map { position, number in
      let output = position * dense.outputSize
      return .call(
        CppCall(
          function: kernelName(number, of: functions.count),
          arguments: ["x + \(position * dense.inputSize)", "y + \(output)", "\(output)"]
        )
      )
    }
  }

  private func function(_ kernel: Kernel, number: Int, count: Int) -> [CppDefinition] {
    let isWhole = rows.positions == 1
    let x = "const \(plan.typeName(of: layer.node.inputs[0])) x[\(dense.inputSize)]"
    let y = "\(plan.typeName(of: layer.node.output)) y[\(dense.outputSize)]"
    let head =
      isWhole ? layer.signature : "static void \(kernelName(number, of: count))(\(x), \(y), unsigned first)"
    let ranges = kernel.graph.ranges(of: kernel.ranges)
    let text = Statements(kernel: kernel, ranges: ranges)
    let depth = kernel.graph.depth
    return [
      .comment("\(kernel.graph.nodes.count) adders, at most \(depth) in a row."),
      .function(
        CppFunction(
          signature: head,
          body: [.pragma(.pipeline(interval: 1))] + text.inputs + text.sums
            + results(kernel, text, isWhole: isWhole)
        )
      ),
    ]
  }

  private func results(_ kernel: Kernel, _ text: Statements, isWhole: Bool) -> [CppStatement] {
    let sums = (0..<dense.outputSize).map { j in
      let output = kernel.graph.outputs[j]
      let places = sumType.fractionBits - kernel.fractionBits + output.shift
      var terms: [String] = []
      if let value = output.value { terms.append((output.isNegated ? "-" : "") + text.shifted(Int(value), places)) }
      let constant = kernel.constants[j]
      if constant != 0 || terms.isEmpty {
        let magnitude = CppText.literal(Int64(constant.magnitude))
        terms.append((constant < 0 ? "- " : terms.isEmpty ? "" : "+ ") + magnitude)
      }
      return terms.joined(separator: " ")
    }
    let word = "\(text.word)<\(max(sumType.width + (sumType.isSigned ? 0 : 1), 1))>"
    let result = layer.result(
      "i",
      element: isWhole ? "i" : "first + i",
      "tricot::from_raw<\(layer.configuration)::sum_t>(sums[i])"
    )
    return [
      .list(type: "const \(word)", name: "sums", elements: sums),
      .loop(CppLoop(label: "results", count: dense.outputSize, body: [result])),
    ]
  }

  /// The lines of a kernel.
  private struct Statements {
    let kernel: Kernel
    let ranges: [Interval]
    let word = "tricot::integer"

    private func width(_ range: Interval) -> Int { max(1, range.bitWidth + (range.lower < 0 ? 0 : 1)) }
    private func operand(_ index: Int) -> String {
      index < kernel.graph.inputCount ? "x\(index)" : "s\(index - kernel.graph.inputCount)"
    }

    /// Inputs that some adder or output reads, as integers on their own grids.
    var inputs: [CppStatement] {
      var isRead = [Bool](repeating: false, count: kernel.graph.inputCount)
      func read(_ index: Int) { if index < isRead.count { isRead[index] = true } }
      for node in kernel.graph.nodes {
        read(Int(node.a))
        read(Int(node.b))
      }
      for output in kernel.graph.outputs { if let value = output.value { read(Int(value)) } }
      return isRead.indices.filter { isRead[$0] }.map { i in
        let shift = (kernel.shifts[i] ?? 0)
        let raw = "tricot::word(x[\(i)])\(shift > 0 ? " >> \(shift)" : "")"
        return .variable(type: "const \(word)<\(width(kernel.ranges[i]))>", name: "x\(i)", value: raw)
      }
    }

    var sums: [CppStatement] {
      kernel.graph.nodes.enumerated().map { k, node in
        let sign = node.isSubtraction ? "-" : "+"
        let sum = "\(shifted(Int(node.a), Int(node.aShift))) \(sign) \(shifted(Int(node.b), Int(node.bShift)))"
        return .variable(type: "const \(word)<\(width(ranges[k]))>", name: "s\(k)", value: sum)
      }
    }

    func shifted(_ index: Int, _ places: Int) -> String {
      places == 0 ? operand(index) : "tricot::shl<\(places)>(\(operand(index)))"
    }
  }
}

extension AdderGraphEmission.Kernel {
  fileprivate func isSame(as other: Self) -> Bool {
    fractionBits == other.fractionBits && shifts == other.shifts && constants == other.constants
      && graph == other.graph
  }
}

extension AdderGraph {
  /// Adders in a row, at most.
  fileprivate var depth: Int {
    var depths = [Int](repeating: 0, count: inputCount)
    for node in nodes { depths.append(max(depths[Int(node.a)], depths[Int(node.b)]) + 1) }
    return depths.max() ?? 0
  }
}
