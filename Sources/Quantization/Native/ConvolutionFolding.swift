import ModelIR

extension ConvolutionLayer {
  /// `affine(convolution(x))` as one layer; nil where the affine layer differs between positions.
  func followed(by affine: AffineLayer) -> ConvolutionLayer? {
    guard affine.isPerChannel(outputChannels) else { return nil }
    let scales = affine.scales(outputChannels)
    let biases = affine.biases(outputChannels)
    return with(
      kernel: kernel.values.enumerated().map { $1 * scales[$0 % outputChannels] },
      bias: (0..<outputChannels).map { (bias?.values[$0] ?? 0) * scales[$0] + biases[$0] }
    )
  }

  /// `convolution(affine(x))` as one layer; nil where the affine layer differs between positions, or shifts what stands beside
  /// zeros that it does not shift.
  func preceded(by affine: AffineLayer) -> ConvolutionLayer? {
    guard affine.isPerChannel(inputChannels) else { return nil }
    let scales = affine.scales(inputChannels)
    let shifts = affine.biases(inputChannels)
    guard !window.hasPadding || shifts.allSatisfy({ $0 == 0 }) else { return nil }
    var sums = bias?.values ?? [Double](repeating: 0, count: outputChannels)
    var weights = kernel.values
    for index in weights.indices {
      let j = index % outputChannels
      let channel = j / outputsPerGroup * channelsPerGroup + index / outputChannels % channelsPerGroup
      sums[j] += shifts[channel] * weights[index]
      weights[index] *= scales[channel]
    }
    return with(kernel: weights, bias: sums)
  }

  private func with(kernel values: [Double], bias: [Double]) -> ConvolutionLayer {
    ConvolutionLayer(
      kernel: ParameterTensor(shape: kernel.shape, values: values, precision: .float64),
      bias: ParameterTensor(shape: [bias.count], values: bias, precision: .float64),
      window: window,
      groups: groups
    )
  }
}
