import Glibc

// The arithmetic of each operator on whole batches. Buffers are sample-major and flat; the loops are plain, so that they stay fast.

/// `x · kernel + bias` for every row of `inputSize` elements, whatever the rows mean: samples, or positions of samples.
func dense(_ layer: DenseLayer, _ input: [Double]) -> [Double] {
  let inputSize = layer.inputSize
  let outputSize = layer.outputSize
  let rows = input.count / inputSize
  let bias = layer.bias?.values ?? [Double](repeating: 0, count: outputSize)
  return [Double](unsafeUninitializedCapacity: rows * outputSize) { output, initializedCount in
    initializedCount = rows * outputSize
    guard var result = output.baseAddress else { return }
    input.withUnsafeBufferPointer { input in
      layer.kernel.values.withUnsafeBufferPointer { kernel in
        guard var x = input.baseAddress, let weights = kernel.baseAddress else { return }
        for _ in 0..<rows {
          for j in 0..<outputSize { (result + j).initialize(to: bias[j]) }
          for i in 0..<inputSize {
            let factor = x[i]
            let row = weights + i * outputSize
            // A while loop: a range costs several calls per step in unoptimised builds, and tests run those.
            var j = 0
            while j < outputSize {
              result[j] += factor * row[j]
              j += 1
            }
          }
          x += inputSize
          result += outputSize
        }
      }
    }
  }
}

/// `gamma · (x - mean) / sqrt(variance + epsilon) + beta`, `count` elements per sample.
func batchNormalization(_ layer: BatchNormalizationLayer, _ input: [Double], count: Int) -> [Double] {
  let channels = layer.mean.count
  var scale = layer.variance.values.map { 1 / ($0 + layer.epsilon).squareRoot() }
  if let gamma = layer.gamma { for c in 0..<channels { scale[c] *= gamma.values[c] } }
  let shift = (0..<channels).map { (layer.beta?.values[$0] ?? 0) - layer.mean.values[$0] * scale[$0] }
  return affine(scale: scale, bias: shift, input, count: count)
}

/// `x · scale + bias`, `count` elements per sample.
func affine(_ layer: AffineLayer, _ input: [Double], count: Int) -> [Double] {
  affine(scale: layer.scale?.values ?? [1], bias: layer.bias?.values ?? [0], input, count: count)
}

private func affine(scale: [Double], bias: [Double], _ input: [Double], count: Int) -> [Double] {
  let scale = perElement(scale, count: count)
  let bias = perElement(bias, count: count)
  var output = input
  for start in stride(from: 0, to: input.count, by: count) {
    for e in 0..<count { output[start + e] = input[start + e] * scale[e] + bias[e] }
  }
  return output
}

/// One value per element, from one value, one per channel of the last axis, or one per element: all are periodic.
private func perElement(_ values: [Double], count: Int) -> [Double] {
  (0..<count).map { values[$0 % values.count] }
}

/// An activation function of every element; `shape` is the tensor's.
func activation(_ function: ActivationFunction, _ input: [Double], shape: [Int]) -> [Double] {
  switch function.form {
  case .scalar(let value):
    var output = input
    for i in output.indices { output[i] = value(output[i]) }
    return output
  case .sloped(let slopes): return parametricReLU(slopes.values, input, count: shape.reduce(1, *))
  case .normalized(let axis): return softmax(input, shape: shape, axis: axis)
  }
}

private func parametricReLU(_ alpha: [Double], _ input: [Double], count: Int) -> [Double] {
  let alpha = perElement(alpha, count: count)
  var output = input
  for start in stride(from: 0, to: input.count, by: count) {
    for e in 0..<count where !(input[start + e] > 0) { output[start + e] = alpha[e] * input[start + e] }
  }
  return output
}

/// Exponentials of the distance to the largest element, so that none overflows, normalised along the axis.
private func softmax(_ input: [Double], shape: [Int], axis: Int) -> [Double] {
  let extent = shape[axis]
  let inner = shape[(axis + 1)...].reduce(1, *)
  var output = input
  for block in stride(from: 0, to: input.count, by: extent * inner) {
    for start in block..<block + inner {
      let group = stride(from: start, to: start + extent * inner, by: inner)
      var largest = -Double.infinity
      for i in group { largest = max(largest, input[i]) }
      var sum = 0.0
      for i in group {
        output[i] = exp(input[i] - largest)
        sum += output[i]
      }
      for i in group { output[i] /= sum }
    }
  }
  return output
}

/// Elementwise combination of buffers of one size.
func merge(_ kind: MergeKind, _ operands: [[Double]]) -> [Double] {
  var output = operands[0]
  for operand in operands.dropFirst() {
    switch kind {
    case .add, .average: for i in output.indices { output[i] += operand[i] }
    case .subtract: for i in output.indices { output[i] -= operand[i] }
    case .multiply: for i in output.indices { output[i] *= operand[i] }
    case .maximum: for i in output.indices { output[i] = max(output[i], operand[i]) }
    case .minimum: for i in output.indices { output[i] = min(output[i], operand[i]) }
    }
  }
  if kind == .average { for i in output.indices { output[i] /= Double(operands.count) } }
  return output
}

/// Row after row, the rows of every part one after the other; a part's rows have `width` elements.
func interleave(_ parts: [(values: [Double], width: Int)], outer: Int, total: Int) -> [Double] {
  var output: [Double] = []
  output.reserveCapacity(outer * total)
  for row in 0..<outer {
    for part in parts { output += part.values[row * part.width..<(row + 1) * part.width] }
  }
  return output
}

/// Some columns of a matrix of `width` columns.
func columns(_ range: Range<Int>, of matrix: [Double], width: Int, samples: Int) -> [Double] {
  guard range.count < width else { return matrix }
  var output: [Double] = []
  output.reserveCapacity(range.count * samples)
  for row in 0..<samples { output += matrix[row * width + range.lowerBound..<row * width + range.upperBound] }
  return output
}
