import Diagnostics
import ModelIR

/// One of the first HGQ's quantisers: how many bits stand behind the point, and how it rounds.
struct FirstHGQRounding {
  private let bits: StoredArray
  private let limits: ClosedRange<Double>
  private let strategy: String
  private let layer: KerasLayer

  /// - Parameter option: `kq_conf` or `paq_conf`, of constants or of activations.
  init(_ layer: KerasLayer, _ option: String, of address: LayerAddress, weights: any KerasWeights) throws {
    self.layer = layer
    let name = option == "kq_conf" ? "kernel_bw" : "activation_bw"
    let configuration = layer.options[option]
    if let text = configuration?["rnd_strategy"]?.string {
      strategy = text
    } else {
      strategy = configuration?["rnd_strategy"]?.int == 3 ? "floor" : "standard_round"
    }
    let clip = configuration?["bw_clip"]?.array?.compactMap(\.number) ?? []
    limits = clip.count == 2 && clip[0] <= clip[1] ? max(clip[0], -40)...min(max(clip[1], -40), 40) : -40...40
    bits = try weights.firstHGQArray(name, of: layer, address)
  }

  /// Behind the point, of every element.
  func fractionBits(over shape: [Int]) throws -> [Int] {
    let rules = ShapeInference(layer: layer.name, origin: layer.origin)
    try rules.checkExtents(shape)
    guard let sources = TensorLayout.broadcast(bits.shape, to: shape) else {
      throw rules.error("weight-shape", "the bits of '\(layer.name)' have the shape \(bits.shape) for \(shape)")
    }
    return sources.map { fraction(bits.values[$0]) }
  }

  /// Behind the point of a bias: the most of all elements that it is added to.
  func channelBits(_ count: Int) throws -> [Int] {
    let channels = bits.shape.last ?? 1
    guard channels == 1 || channels == count, channels > 0 else {
      throw ShapeInference(layer: layer.name, origin: layer.origin)
        .error("weight-shape", "the bits of '\(layer.name)' have the shape \(bits.shape) for \(count) channels")
    }
    return (0..<count).map { channel in
      fraction(
        stride(from: channel % channels, to: bits.values.count, by: channels).map { bits.values[$0] }.max() ?? 0
      )
    }
  }

  private func fraction(_ bits: Double) -> Int {
    Int(min(max(bits, limits.lowerBound), limits.upperBound).rounded(.toNearestOrEven))
  }

  /// Whether it takes the next number below; all other strategies round to the nearest at inference.
  ///
  /// - Parameters:
  ///   - hasBias: whether a bias can stand for the half that rounding adds.
  ///   - isFunction: whether it stands behind a function by itself.
  func roundsDown(hasBias: Bool, isFunction: Bool) -> Bool {
    guard strategy == "auto" else { return strategy == "floor" }
    let leading = bits.shape.dropLast().reduce(1, *)
    return !isFunction && !(hasBias && leading == 1)
  }

  /// The same of a kernel, for which `auto` means to the nearest.
  var roundsDownConstants: Bool { strategy == "floor" }

  /// A number on the grid, in float32 as HGQ computes it.
  static func rounded(_ value: Double, fractionBits: Int, down: Bool) -> Double {
    let scale = Float(sign: .plus, exponent: fractionBits, significand: 1)
    let scaled = Float(value) * scale
    return Double((down ? scaled : scaled + 0.5).rounded(.down) / scale)
  }
}

/// The constants of one of the first HGQ's layers as it computes with them: normalised, then quantised.
struct FirstHGQConstants: KerasWeights {
  let layer: KerasLayer
  let kind: FirstHGQLayerClass
  let weights: any KerasWeights

  func parameters(of address: LayerAddress, _ requests: [WeightRequest]) throws -> [ParameterTensor] {
    let scale = try scale(address)
    return try requests.map { request in
      let stored = try weights.firstHGQArray(request.name, of: layer, address)
      guard stored.shape == request.shape, let channels = request.shape.last else {
        throw Diagnostic.error(
          "weight-shape",
          "the \(request.name) of '\(layer.name)' has the shape \(stored.shape), but the layer needs \(request.shape)",
          at: layer.origin,
          hint: "check that the weights belong to this model"
        )
      }
      var tensor = ParameterTensor(shape: stored.shape, values: stored.values, precision: .float32)
      if request.name == "bias" {
        try quantize(bias: &tensor, scale, address)
        return tensor
      }
      if let scale {
        guard scale.count == channels else { throw misfit(scale.count, channels) }
        for index in tensor.values.indices {
          tensor.values[index] = Double(Float(tensor.values[index]) * scale[index % channels])
        }
      }
      let rounding = try FirstHGQRounding(layer, "kq_conf", of: address, weights: weights)
      let down = rounding.roundsDownConstants
      for (index, bits) in try rounding.fractionBits(over: tensor.shape).enumerated() {
        tensor.values[index] = FirstHGQRounding.rounded(tensor.values[index], fractionBits: bits, down: down)
      }
      return tensor
    }
  }

  private func quantize(bias tensor: inout ParameterTensor, _ scale: [Float]?, _ address: LayerAddress) throws {
    let count = tensor.values.count
    if let scale {
      let mean = try weights.firstHGQArray("moving_mean", of: layer, address)
      let beta = try weights.firstHGQArray("bn_beta", of: layer, address)
      guard scale.count == count, mean.values.count == count, beta.values.count == count else {
        throw misfit(scale.count, count)
      }
      for index in tensor.values.indices {
        let moved = Float(tensor.values[index]) - Float(mean.values[index]) * scale[index]
        tensor.values[index] = Double(moved + Float(beta.values[index]))
      }
    }
    let rounding = try FirstHGQRounding(layer, "paq_conf", of: address, weights: weights)
    let down = rounding.roundsDown(hasBias: true, isFunction: false)
    for (index, bits) in try rounding.channelBits(count).enumerated() {
      tensor.values[index] = FirstHGQRounding.rounded(tensor.values[index], fractionBits: bits, down: down)
    }
  }

  /// `gamma / sqrt(variance + epsilon)` of a layer that normalises.
  ///
  /// HGQ saves neither epsilon nor what it scales and centres by, and so loads all
  /// of it with what is usual.
  private func scale(_ address: LayerAddress) throws -> [Float]? {
    guard kind.normalizes else { return nil }
    let epsilon = Float(layer.options["epsilon"]?.number ?? 1e-3)
    let gamma = try weights.firstHGQArray("bn_gamma", of: layer, address)
    let variance = try weights.firstHGQArray("moving_variance", of: layer, address)
    guard gamma.values.count == variance.values.count else { throw misfit(gamma.values.count, variance.values.count) }
    return zip(gamma.values, variance.values).map { Float($0) * (1 / (Float($1) + epsilon).squareRoot()) }
  }

  private func misfit(_ count: Int, _ channels: Int) -> Diagnostic {
    .error(
      "weight-shape",
      "the batch normalisation of '\(layer.name)' has \(count) channels, not \(channels)",
      at: layer.origin,
      hint: "check that the weights belong to this model"
    )
  }

  func array(named name: String, of layer: LayerAddress) throws -> StoredArray? {
    try weights.array(named: name, of: layer)
  }

  func arrayCount(of layer: LayerAddress, inside path: [String]) throws -> Int {
    try weights.arrayCount(of: layer, inside: path)
  }

  func arrays(of layer: LayerAddress, inside path: [String], named names: [String]) throws -> [StoredArray] {
    try weights.arrays(of: layer, inside: path, named: names)
  }
}

extension KerasWeights {
  /// A variable that must be there, of finite numbers.
  func firstHGQArray(_ name: String, of layer: KerasLayer, _ address: LayerAddress) throws -> StoredArray {
    guard let array = try array(named: name, of: address) else {
      throw Diagnostic.error(
        "missing-weight",
        "the '\(name)' of '\(layer.name)' is not in the file",
        at: layer.origin,
        hint: "save the model with model.save('model.h5')"
      )
    }
    try array.requireFinite("the '\(name)' of '\(layer.name)'", at: layer.origin)
    return array
  }
}
