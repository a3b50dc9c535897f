// Layers that look through windows, in double precision. Buffers are sample-major and flat.

/// Every group of channels out from its group of channels in, at every position.
func convolution(_ layer: ConvolutionLayer, _ input: [Double], shape: [Int]) -> [Double] {
  let positions = layer.window.visibleTaps(of: shape)
  let channels = layer.inputChannels
  let outputs = layer.outputChannels
  let depth = layer.channelsPerGroup
  let width = layer.outputsPerGroup
  let count = shape.reduce(1, *)
  let bias = layer.bias?.values ?? [Double](repeating: 0, count: outputs)
  let kernel = layer.kernel.values
  var output: [Double] = []
  output.reserveCapacity(input.count / count * positions.count * outputs)
  for sample in stride(from: 0, to: input.count, by: count) {
    for seen in positions {
      let start = output.count
      output += bias
      for (tap, position) in seen {
        var c = 0
        while c < channels {
          let factor = input[sample + position * channels + c]
          let row = (tap * depth + c % depth) * outputs
          var j = c / depth * width
          let end = j + width
          while j < end {
            output[start + j] += factor * kernel[row + j]
            j += 1
          }
          c += 1
        }
      }
    }
  }
  return output
}

/// Maxima or means of what the window sees; a window that sees nothing but padding has the mean 0.
func pooling(_ layer: PoolingLayer, _ input: [Double], shape: [Int]) -> [Double] {
  let positions = layer.window.visibleTaps(of: shape)
  let channels = shape.last ?? 1
  let count = shape.reduce(1, *)
  var output: [Double] = []
  for sample in stride(from: 0, to: input.count, by: count) {
    for seen in positions {
      for c in 0..<channels {
        let values = seen.lazy.map { input[sample + $0.position * channels + c] }
        switch layer.kind {
        case .maximum: output.append(values.reduce(-.infinity, max))
        case .average(let countsPadding):
          let divisor = countsPadding ? layer.window.tapCount : max(seen.count, 1)
          output.append(values.reduce(0, +) / Double(divisor))
        }
      }
    }
  }
  return output
}

/// Sums, means and extremes along axes.
func reduction(_ layer: ReductionLayer, _ input: [Double], shape: [Int]) -> [Double] {
  let targets = layer.targets(of: shape)
  let size = layer.groupSize(of: shape)
  var output: [Double] = []
  for sample in stride(from: 0, to: input.count, by: targets.count) {
    let neutral: Double =
      switch layer.kind {
      case .sum, .mean: 0
      case .maximum: -.infinity
      case .minimum: .infinity
      }
    var results = [Double](repeating: neutral, count: targets.count / size)
    for (element, target) in targets.enumerated() {
      let x = input[sample + element]
      switch layer.kind {
      case .sum, .mean: results[target] += x
      case .maximum: results[target] = max(results[target], x)
      case .minimum: results[target] = min(results[target], x)
      }
    }
    output += layer.kind == .mean ? results.map { $0 / Double(size) } : results
  }
  return output
}

/// The tensor with a constant around it.
func padded(_ layer: PaddingLayer, _ input: [Double], shape: [Int]) -> [Double] {
  let sources = layer.sources(of: shape)
  return stride(from: 0, to: input.count, by: shape.reduce(1, *)).flatMap { sample in
    sources.map { $0.map { input[sample + $0] } ?? layer.value }
  }
}
