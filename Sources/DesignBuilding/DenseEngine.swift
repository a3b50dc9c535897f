import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// A dense layer that takes `reuseFactor` cycles: a multiplier for every lane and output, weights from ROMs, and an
/// accumulator for every output.
///
/// The pulse's cycle loads the inputs into shift registers, one for each lane; in the cycles after it, lane `q` shows the
/// inputs of its schedule one by one. Latency: `reuseFactor + 1` and the cycles of the multipliers.
struct DenseEngine {
  let name: String
  /// The model's layer.
  let layer: NetlistScope
  let dense: DenseOperation
  let schedule: ReuseSchedule
  let inputTypes: ElementTypes
  let inputRanges: [Interval]
  /// The accumulators' types; sums on their grids, modulo their words unless they saturate.
  let sumTypes: [FixedPointType]
  let pipelining: Pipelining
  /// Tokens whose products are added, each with weights of its own and a pulse of its own; a result follows the last.
  var positions = 1

  private var reuseFactor: Int { schedule.reuseFactor }
  /// Inputs that a pulse brings.
  private var inputSize: Int { dense.inputSize / positions }
  /// The words of the weights' ROMs: a cycle of a token after the other.
  private var addresses: Range<Int> { 0..<positions * reuseFactor }
  private var outputs: Range<Int> { 0..<dense.outputSize }

  func module(in design: inout DesignBuilder) throws -> StartedModule {
    let lanes = laneTypes
    let products = try products(lanes: lanes, in: &design)
    var builder = ModuleBuilder(name: name, scope: layer)
    let start = builder.bit("start")
    let inputs = builder.input(
      DesignPort(
        name: "x",
        elements: inputTypes.all.enumerated().map { .containing(inputRanges[$0], fractionBits: $1.fractionBits) }
      )
    )
    let cycle = counter(&builder, start)
    let heads = shiftRegisters(&builder, start, inputs, lanes)
    let address = positions == 1 ? cycle.number : self.address(&builder, cycle.isWorking)
    let weights = weights(&builder, address)
    let terms = builder.instance("products", of: products.module, in: design, inputs: [heads] + weights)

    // The pulse on its way beside the first terms: what is in the accumulators then belongs to the event before.
    var first = start
    if positions > 1 {
      first = builder.logic.and(start, builder.logic.equal(address, builder.logic.constant(0)))
    }
    for step in 0...products.latency { first = builder.registered(first, "first_\(step)", reset: 0) }
    let sums = outputs.map { j in accumulator(&builder, j, terms: terms.map { $0[j] }, first: first) }
    builder.output(DesignPort(name: "sum", elements: sumTypes), sums)
    let module = design.add(try builder.finish())
    return StartedModule(module: module, latency: reuseFactor + products.latency + 1, interval: reuseFactor)
  }

  // MARK: - Inputs

  /// A type for every lane that holds all inputs which it shows.
  ///
  /// Inputs that are always 0 stand on any grid, and so the sums' may be coarser than theirs.
  private var laneTypes: [FixedPointType] {
    schedule.lanes.map { lane in
      let inputs = lane.compactMap { $0 }.filter { inputRanges[$0] != Interval(0) }
      let grid = inputs.map { inputTypes[$0].fractionBits }.max() ?? 0
      let range = inputs.reduce(Interval(0)) {
        $0.union(inputRanges[$1].shifted(by: grid - inputTypes[$1].fractionBits))
      }
      return .containing(range, fractionBits: grid)
    }
  }

  private func shiftRegisters(
    _ builder: inout ModuleBuilder,
    _ start: ValueID,
    _ inputs: [ValueID],
    _ types: [FixedPointType]
  ) -> [ValueID] {
    schedule.lanes.enumerated().map { number, lane in
      let registers = lane.indices.map { builder.register("lane\(number)_\($0)", range: types[number].rawRange) }
      for (place, input) in lane.enumerated() {
        let behind = place + 1 < lane.count ? builder.value(of: registers[place + 1]) : builder.logic.constant(0)
        let loaded = input.map { i in
          builder.logic.shiftLeft(inputs[i], max(0, types[number].fractionBits - inputTypes[i].fractionBits))
        }
        let next = builder.logic.select(start, loaded ?? builder.logic.constant(0), behind)
        builder.setNext(registers[place], next)
      }
      return builder.value(of: registers[0])
    }
  }

  /// The cycle of a token: 0 while nothing is to do.
  private func counter(_ builder: inout ModuleBuilder, _ start: ValueID) -> (number: ValueID, isWorking: ValueID) {
    if reuseFactor == 1 { return (builder.logic.constant(0), start) }
    let last = Int128(reuseFactor - 1)
    let register = builder.register("cycle", range: Interval(0, last), reset: 0)
    let cycle = builder.value(of: register)
    let isWorking = builder.logic.or(start, builder.logic.not(builder.logic.equal(cycle, builder.logic.constant(0))))
    let isLast = builder.logic.equal(cycle, builder.logic.constant(last))
    let following = builder.logic.sum(cycle, builder.logic.constant(1))
    let next = builder.logic.select(
      builder.logic.and(isWorking, builder.logic.not(isLast)),
      builder.logic.clamp(following, to: Interval(0, last)),
      builder.logic.constant(0)
    )
    builder.setNext(register, next)
    return (cycle, isWorking)
  }

  /// The cycle among those of all tokens of an event.
  private func address(_ builder: inout ModuleBuilder, _ isWorking: ValueID) -> ValueID {
    let last = Int128(addresses.count - 1)
    let register = builder.register("address", range: Interval(0, last), reset: 0)
    let address = builder.value(of: register)
    let following = builder.logic.sum(address, builder.logic.constant(1))
    let next = builder.logic.select(
      builder.logic.equal(address, builder.logic.constant(last)),
      builder.logic.constant(0),
      builder.logic.clamp(following, to: Interval(0, last))
    )
    builder.setNext(register, next, enable: isWorking)
    return address
  }

  // MARK: - Weights

  /// The weight of a lane for an output in a cycle; 0 where the lane is idle.
  private func weight(lane: Int, output j: Int, address: Int) -> Int64 {
    let first = address / reuseFactor * inputSize
    return schedule.lanes[lane][address % reuseFactor].map { dense.weights[(first + $0) * dense.outputSize + j] } ?? 0
  }

  private func weightRange(lane: Int, output j: Int) -> Interval {
    let weights = addresses.map { Int128(weight(lane: lane, output: j, address: $0)) }
    return Interval(weights.min() ?? 0, weights.max() ?? 0)
  }

  /// By lane, then by output: the weights of the cycle, from ROMs of a few weights a word.
  private func weights(_ builder: inout ModuleBuilder, _ address: ValueID) -> [[ValueID]] {
    schedule.lanes.indices.map { lane in
      var values = [ValueID?](repeating: nil, count: dense.outputSize)
      var word: [(output: Int, range: Interval)] = []
      func flush() {
        guard !word.isEmpty else { return }
        readWord(&builder, address, lane, word, &values)
        word = []
      }
      for j in outputs {
        let range = weightRange(lane: lane, output: j)
        if range.isConstant { continue }
        if word.reduce(range.bitWidth, { $0 + $1.range.bitWidth }) > Self.wordBits { flush() }
        word.append((j, range))
      }
      flush()
      return outputs.map { j in values[j] ?? builder.logic.constant(weightRange(lane: lane, output: j).lower) }
    }
  }

  /// Bits of a ROM's word: those of a block memory's port.
  private static let wordBits = 72

  private func readWord(
    _ builder: inout ModuleBuilder,
    _ address: ValueID,
    _ lane: Int,
    _ word: [(output: Int, range: Interval)],
    _ values: inout [ValueID?]
  ) {
    let contents = addresses.map { address in
      var offset = 0
      return word.reduce(Int128(0)) { sum, part in
        defer { offset += part.range.bitWidth }
        let bits = Int128(weight(lane: lane, output: part.output, address: address)) & ((1 << part.range.bitWidth) - 1)
        return sum | bits << offset
      }
    }
    let memory = builder.rom("weights\(lane)_\(word[0].output)", contents: contents)
    let data = builder.read(memory, address: address)
    var offset = 0
    for part in word {
      let bits = builder.logic.bits(data, low: offset, width: part.range.bitWidth)
      values[part.output] = builder.logic.wrap(bits, width: part.range.bitWidth, signed: part.range.lower < 0)
      offset += part.range.bitWidth
    }
  }

  // MARK: - Products and sums

  /// Whether the accumulator must take the products one by one.
  private var isOrdered: Bool { dense.accumulation.type.map { $0.overflow != .wrap } ?? false }

  /// The multipliers of all lanes as a pipeline: by output the sum of the lanes' products, or each product.
  private func products(
    lanes: [FixedPointType],
    in design: inout DesignBuilder
  ) throws -> (module: ModuleID, latency: Int) {
    var graph = FixedPointGraph(name: "\(name)_products")
    let origin = Origin(file: name)
    func append(_ operation: FixedOperation, _ name: String, _ inputs: [FixedTensorID], _ types: [FixedPointType])
      -> FixedTensorID
    {
      let types = ElementTypes(each: types)
      return graph.append(
        operation,
        named: name,
        kind: "Dense",
        inputs: inputs,
        shape: [types.count],
        types: types,
        origin: origin
      )
    }
    let head = append(.input, "lanes", [], lanes)
    let weights = lanes.indices.map { lane in
      append(.input, "weights\(lane)", [], outputs.map { weightType(lane: lane, output: $0) })
    }
    let products = lanes.indices.map { lane in
      let sources = outputs.map { _ in GatherOperation.Source(input: 0, element: lane) }
      let types = outputs.map { productType(lanes[lane], weightType(lane: lane, output: $0)) }
      let copies = append(
        .gather(GatherOperation(sources: sources)),
        "lane\(lane)",
        [head],
        outputs.map { _ in lanes[lane] }
      )
      return append(.merge(.multiply), "product\(lane)", [copies, weights[lane]], types)
    }
    if isOrdered || products.count == 1 {
      graph.outputs = products
    } else {
      graph.outputs = [append(.merge(.add), "sum", products, sumTypes)]
    }
    let ranges = graph.inputs.map { id in graph[id].types.all.map(\.rawRange) }
    let circuit = try pipelining.circuit(of: graph, inputs: ranges, layer: { _ in layer })
    return (design.add(circuit, name: graph.name), circuit.latency)
  }

  private func weightType(lane: Int, output j: Int) -> FixedPointType {
    .containing(weightRange(lane: lane, output: j), fractionBits: dense.weightFractionBits)
  }

  /// The exact product, or hls4ml's, which is in the accumulator's type.
  private func productType(_ lane: FixedPointType, _ weight: FixedPointType) -> FixedPointType {
    if let type = dense.accumulation.type { return type }
    return .containing(lane.rawRange * weight.rawRange, fractionBits: lane.fractionBits + weight.fractionBits)
  }

  /// The accumulator of an output: starts from the bias, takes the terms of a cycle.
  private func accumulator(
    _ builder: inout ModuleBuilder,
    _ j: Int,
    terms: [ValueID],
    first: ValueID
  ) -> ValueID {
    let type = sumTypes[j]
    let bias = dense.bias.value(at: j)
    let initial = type.quantize(raw: bias.raw, fractionBits: bias.fractionBits).raw
    let register = builder.register("sum\(j)", type: type)
    let sum = builder.logic.select(first, builder.logic.constant(initial), builder.value(of: register))
    let next = terms.reduce(sum) { sum, term in
      fitted(&builder, builder.logic.sum(sum, raw(&builder, term, j)), to: type)
    }
    builder.setNext(register, next)
    return builder.value(of: register)
  }

  /// A term on the accumulator's grid.
  private func raw(_ builder: inout ModuleBuilder, _ term: ValueID, _ j: Int) -> ValueID {
    guard dense.accumulation.type == nil, schedule.lanes.count == 1 else { return term }
    let grid = laneTypes[0].fractionBits + weightType(lane: 0, output: j).fractionBits
    return builder.logic.shiftLeft(term, sumTypes[j].fractionBits - grid)
  }

  /// A sum in the accumulator's word: it stands on the accumulator's grid, nothing is rounded.
  private func fitted(_ builder: inout ModuleBuilder, _ sum: ValueID, to type: FixedPointType) -> ValueID {
    switch type.overflow {
    case .wrap: return builder.logic.wrap(sum, width: type.width, signed: type.isSigned)
    case .saturate, .saturateSymmetric: return builder.logic.clamp(sum, to: type.rawRange)
    case .saturateToZero:
      let low = builder.logic.less(sum, builder.logic.constant(type.minimumRaw))
      let high = builder.logic.less(builder.logic.constant(type.maximumRaw), sum)
      let inside = builder.logic.wrap(sum, width: type.width, signed: type.isSigned)
      return builder.logic.select(builder.logic.or(low, high), builder.logic.constant(0), inside)
    }
  }
}
