import Diagnostics
import FixedPoint
import ModelIR

/// Softmax of quantised numbers, and attention made of it.
extension HGQLayerReader {
  /// Exponentials and the reciprocal of their sum, each read from a table between quantisers; the product is exact.
  mutating func softmax() throws {
    let stable = try options.bool("stable", default: true)
    let scaler = try options.number("input_scaler") ?? 1
    let input = try quantizedOperand()
    let rank = network.shape(of: input).count
    guard let given = try options.ints("axes") ?? options.ints("axis") else { throw missing("axes") }
    let axes = try given.map { axis -> Int in
      guard let position = LayerReader.position(ofAxis: axis, rank: rank) else {
        throw options.refuse("'\(layer.name)' normalises along axis \(axis)")
      }
      return position
    }
    network.result = try softmax(
      input,
      axes: axes.sorted(),
      SoftmaxPlan(isStable: stable, scaler: scaler, prefix: "", path: [])
    )
  }

  /// Where a softmax has its quantisers, and what it does before its exponentials.
  struct SoftmaxPlan {
    /// Whether the largest score is taken off first.
    var isStable: Bool
    var scaler: Double
    /// What the names of its options begin with.
    var prefix: String
    /// Where its parts lie in the file.
    var path: [String]
  }

  private mutating func softmax(_ input: LayerNetwork.Value, axes: [Int], _ plan: SoftmaxPlan) throws
    -> LayerNetwork.Value
  {
    let shape = network.shape(of: input)
    let reduced = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    guard let spread = TensorLayout.broadcast(reduced, to: shape) else { throw missing("axes") }
    var argument = input
    if plan.isStable {
      let largest = network.append(
        .reduce(ReductionLayer(kind: .maximum, axes: axes, keepsAxes: true)),
        "largest",
        [input],
        shape: reduced
      )
      let all = network.gather(largest, spread, suffix: "largest_of_all", shape: shape)
      let difference = network.append(.merge(.subtract), "difference", [all, input], shape: shape)
      argument = try quantize(difference, plan, "exp_iq_conf", "exp_table", "iq")
    }
    let scale = plan.isStable ? -plan.scaler : plan.scaler
    let raised = network.append(
      .activation(.exponential(scale: Double(Float(scale)))),
      "exponential",
      [argument],
      shape: shape
    )
    let shares = try quantize(raised, plan, "exp_oq_conf", "exp_table", "oq", isTable: true)
    let sum = network.append(
      .reduce(ReductionLayer(kind: .sum, axes: axes, keepsAxes: true)),
      "sum",
      [shares],
      shape: reduced
    )
    let rounded = try quantize(sum, plan, "inv_iq_conf", "inv_table", "iq")
    let inverse = network.append(
      .activation(.reciprocal(offset: Double(Float(1e-7)))),
      "reciprocal",
      [rounded],
      shape: reduced
    )
    let factor = try quantize(inverse, plan, "inv_oq_conf", "inv_table", "oq", isTable: true)
    let all = network.gather(factor, spread, suffix: "factor", shape: shape)
    return network.append(.merge(.multiply), nil, [shares, all], shape: shape)
  }

  /// A value through one of the quantisers of a softmax's tables; those of entries are unsigned, round to even and saturate, whatever the file says.
  private mutating func quantize(
    _ value: LayerNetwork.Value,
    _ plan: SoftmaxPlan,
    _ name: String,
    _ table: String,
    _ side: String,
    isTable: Bool = false
  ) throws -> LayerNetwork.Value {
    let option = plan.prefix + name
    guard let configuration = options.value(option) else { throw missing(option) }
    guard var quantizer = try QuantizerOptions.read(configuration, option, of: layer) else { return value }
    if isTable {
      quantizer.rounding = .roundHalfToEven
      quantizer.roundingName = "RND_CONV"
      quantizer.overflow = .saturate
    }
    let path = plan.path + [table, side, "quantizer"]
    let shape = network.shape(of: value)
    let types = try parameters(quantizer, inside: path).types(of: shape)
    let operation = TensorQuantizer(types: types, scaling: quantizer.scaling)
    return network.append(.quantize(operation), "\(table)_\(side)", [value], shape: shape)
  }

  // MARK: - Attention

  /// Several heads of attention over the positions of rank-two tensors; with projections along the sequence, Linformer's.
  mutating func attention(isLinformer: Bool) throws {
    guard let heads = try options.int("num_heads"), let keySize = try options.int("key_dim") else {
      throw missing("num_heads")
    }
    let valueSize = try options.int("value_dim") ?? keySize
    let useBias = try options.bool("use_bias", default: true)
    for option in ["use_gate", "sliding_window", "flash_attention"] { try options.mustBeOff(option) }
    if let axes = try options.ints("attention_axes"), axes != [1] {
      throw options.refuse("'\(layer.name)' attends along axes \(axes)", hint: "attend along axis 1")
    }
    options.ignoreDropout(["dropout"])
    options.ignore(["seed", "softmax_allow_heterogeneous_table", "enable_iq", "lin_kv_proj_dim"])
    options.ignore(["qkvo_iq_conf", "qkvo_kq_conf", "qkvo_bq_conf", "qkvo_oq_conf", "softmax_iq_conf"])
    let fuse = try options.string("fuse") ?? "none"
    guard ["none", "kv", "qkv"].contains(fuse), (1...3).contains(inputs.count),
      inputs.allSatisfy({ $0.count == 2 }), heads > 0, keySize > 0, valueSize > 0
    else {
      throw options.refuse("'\(layer.name)' attends to tensors of shapes \(inputs), fused as '\(fuse)'")
    }
    let query = LayerNetwork.Value.operand(0)
    var value = LayerNetwork.Value.operand(inputs.count > 1 ? 1 : 0)
    var key = inputs.count > 2 ? LayerNetwork.Value.operand(2) : value
    if isLinformer {
      let isShared = try options.bool("share_kv_proj", default: false)
      guard try options.string("lin_kv_proj_mode") ?? "dense" == "dense" else {
        throw options.refuse("'\(layer.name)' projects its sequence by something that is not dense")
      }
      key = try projection(key, "_lin_k_proj", "abc,bd->adc", hasBias: false, hasOutput: false)
      let own = isShared ? "_lin_k_proj" : "_lin_v_proj"
      value = try projection(value, own, "abc,bd->adc", hasBias: false, hasOutput: false, name: "_lin_v_proj")
    }
    let (keyIn, valueIn) = ("key_dense", fuse == "none" ? "value_dense" : "key_dense")
    let q = try projection(
      query,
      "query_dense",
      "abc,cde->abde",
      hasBias: useBias,
      quantizer: fuse == "qkv" ? "key_dense" : "query_dense"
    )
    let k = try projection(key, "key_dense", "abc,cde->abde", hasBias: false, quantizer: keyIn)
    let v = try projection(value, "value_dense", "abc,cde->abde", hasBias: useBias, quantizer: valueIn)
    let shapes = [q, k, v].map { network.shape(of: $0) }
    guard shapes[0].dropFirst() == [heads, keySize], shapes[1].dropFirst() == [heads, keySize],
      shapes[2].dropFirst() == [heads, valueSize]
    else { throw rules.error("weight-shape", "the projections of '\(layer.name)' do not fit its heads") }
    network.prefix = "scores"
    var scores = try product([k, q], "aecd,abcd->acbe")
    network.prefix = "probabilities"
    scores = try trainedSoftmaxInput(scores)
    let plan = SoftmaxPlan(
      isStable: try options.bool("stable_softmax", default: true),
      scaler: Double(1 / Float(keySize).squareRoot()),
      prefix: "softmax_",
      path: ["_softmax"]
    )
    var probabilities = try softmax(scores, axes: [2], plan)
    guard let rounding = options.value("softmax_oq_conf") else { throw missing("softmax_oq_conf") }
    probabilities = try quantize(
      probabilities,
      by: rounding,
      "softmax_oq_conf",
      inside: ["_softmax", "oq", "quantizer"],
      suffix: "oq"
    )
    network.prefix = "context"
    let context = try product([probabilities, v], "acbe,aecd->abcd")
    network.prefix = nil
    network.result = try projection(
      context,
      "output_dense",
      "abcd,cde->abe",
      hasBias: useBias,
      hasOutput: false,
      isResult: true
    )
  }

  /// Before HGQ2 0.1.7 a quantiser stood before the softmax; where the file has it, the network was trained with it.
  private mutating func trainedSoftmaxInput(_ scores: LayerNetwork.Value) throws -> LayerNetwork.Value {
    let path = ["_softmax", "iq", "quantizer"]
    guard let count = try? weights.arrayCount(of: address, inside: path), count > 0,
      let configuration = options.value("softmax_iq_conf")
    else { return scores }
    findings.append(
      Diagnostic(
        .note,
        "trained-softmax-input",
        "'\(layer.name)' quantises its scores before the softmax, as it was trained; HGQ2 from 0.1.7 on leaves that out",
        at: layer.origin
      )
    )
    return try quantize(scores, by: configuration, "softmax_iq_conf", inside: path, suffix: "iq")
  }

  /// One of an attention's products with a kernel.
  ///
  /// - Parameters:
  ///   - part: what the file calls it.
  ///   - quantizer: the part whose input quantiser it has.
  ///   - name: what its nodes are called, if not after the part.
  private mutating func projection(
    _ input: LayerNetwork.Value,
    _ part: String,
    _ text: String,
    hasBias: Bool,
    hasOutput: Bool = true,
    quantizer: String? = nil,
    name: String? = nil,
    isResult: Bool = false
  ) throws -> LayerNetwork.Value {
    let label = String((name ?? part).drop { $0 == "_" })
    network.prefix = label
    guard let inputQuantizer = options.value("qkvo_iq_conf") else { throw missing("qkvo_iq_conf") }
    let operand = try quantize(
      input,
      by: inputQuantizer,
      "qkvo_iq_conf",
      inside: [quantizer ?? part, "iq", "quantizer"],
      suffix: "iq"
    )
    let names = ["kernel"] + (hasBias ? ["bias"] : [])
    let count = try weights.arrayCount(of: address, inside: [part])
    let order = names + (count == names.count + 2 ? ["beta (training)", "ebops"] : [])
    let arrays = try weights.arrays(of: address, inside: [part], named: order)
    let variables = Dictionary(zip(order, arrays)) { first, _ in first }
    var kernel = try variable("kernel", of: variables, shape: nil)
    let shape = network.shape(of: operand)
    let equation = try EinsumEquation(
      text,
      leftRank: shape.count + 1,
      rightRank: kernel.shape.count,
      layer: layer
    )
    let extents = try equation.extents(left: [1] + shape, right: kernel.shape, layer: layer)
    kernel = try constants(kernel, "qkvo_kq_conf", [part, "kq", "quantizer"])
    var bias: ParameterTensor?
    if hasBias {
      let stored = try variable("bias", of: variables, shape: nil)
      bias = try constants(stored, "qkvo_bq_conf", [part, "bq", "quantizer"])
    }
    let contraction = try EinsumContraction(equation, extents: extents, kernel: kernel, bias: bias, layer: layer)
    if isResult { network.prefix = nil }
    var result = try contraction.build(operand, in: &network)
    if hasOutput {
      guard let outputQuantizer = options.value("qkvo_oq_conf") else { throw missing("qkvo_oq_conf") }
      result = try quantize(
        result,
        by: outputQuantizer,
        "qkvo_oq_conf",
        inside: [part, "oq", "quantizer"],
        suffix: "oq"
      )
    }
    network.prefix = nil
    return result
  }

  private func constants(_ tensor: ParameterTensor, _ option: String, _ path: [String]) throws -> ParameterTensor {
    guard let value = layer.options[option], !value.isNull,
      let quantizer = try QuantizerOptions.read(value, option, of: layer)
    else { return tensor }
    return try parameters(quantizer, inside: path).quantized(tensor)
  }
}
