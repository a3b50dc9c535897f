import FixedPoint

/// What a layer computes.
///
/// Elementwise operators keep the shape of their input.
package enum ModelOperator: Sendable {
  /// A model input.
  case input
  case dense(DenseLayer)
  case batchNormalization(BatchNormalizationLayer)
  /// `x · scale + bias` per channel (last axis) or over the whole tensor.
  case affine(AffineLayer)
  case activation(ActivationFunction)
  /// The elements in row-major order under another shape: Flatten, Reshape, Squeeze …
  case reshape
  /// Joins along an axis of the shapes without batch dimension.
  case concatenate(axis: Int)
  /// Elementwise combination of tensors of one shape.
  case merge(MergeKind)
  /// Fixed-point types that belong to the trained model.
  case quantize(TensorQuantizer)
  /// Element `i` of the result is element `sources[i]` of the input: Transpose, Slice, repetition.
  case gather(sources: [Int])
  /// Every row of the last axis divided by a norm of its own.
  case normalize(VectorNorm)
  /// Sums of leaves of decision trees over all elements of the input.
  case treeEnsemble(TreeEnsemble)
  /// Sums of look-up tables over the last axis; leading axes are positions that share the tables.
  case tableSum(TableSum)
  /// A kernel of weights at every position.
  case convolution(ConvolutionLayer)
  /// Maxima or means of what a sliding window sees.
  case pool(PoolingLayer)
  /// Sums, means or extremes along axes.
  case reduce(ReductionLayer)
  /// A constant around the tensor.
  case pad(PaddingLayer)
  /// A cell at every step of the first axis, with state.
  case recurrence(RecurrentLayer)
  /// The product of two tensors, summed over axes: matrix products, einsum.
  case product(TensorProduct)
  /// Rows of a table of constants, chosen by whole numbers.
  case embedding(EmbeddingLayer)

  package var parameterCount: Int {
    switch self {
    case .input, .reshape, .concatenate, .merge, .quantize, .gather, .normalize, .pool, .reduce, .pad, .product: 0
    case .dense(let layer): layer.kernel.count + (layer.bias?.count ?? 0)
    case .convolution(let layer): layer.kernel.count + (layer.bias?.count ?? 0)
    case .batchNormalization(let layer): layer.mean.count * 2 + (layer.gamma?.count ?? 0) + (layer.beta?.count ?? 0)
    case .affine(let layer): (layer.scale?.count ?? 0) + (layer.bias?.count ?? 0)
    case .activation(let function): function.parameterCount
    case .treeEnsemble(let ensemble): ensemble.parameterCount
    case .tableSum(let sums): sums.edges.reduce(0) { $0 + sums.tables[$1.table].entries.count }
    case .recurrence(let layer): layer.parameterCount
    case .embedding(let layer): layer.table.count
    }
  }

  /// The field's name of the layer kind, as it appears in reports and in `LayerType` of a configuration.
  package var kindName: String {
    switch self {
    case .input: "Input"
    case .dense: "Dense"
    case .batchNormalization: "BatchNormalization"
    case .affine: "ApplyAlpha"
    case .activation(let function): function.hls4ml?.className ?? "Activation"
    case .reshape: "Reshape"
    case .concatenate: "Concatenate"
    case .merge: "Merge"
    case .quantize: "Quantizer"
    case .gather: "Gather"
    case .normalize: "Normalizer"
    case .treeEnsemble: "TreeEnsemble"
    case .tableSum: "TableSum"
    case .convolution(let layer): "\(layer.isDepthwise ? "DepthwiseConv" : "Conv")\(layer.window.axes.count)D"
    case .pool(let layer): "Pooling\(layer.window.axes.count)D"
    case .reduce: "Reduction"
    case .pad: "Padding"
    case .recurrence(let layer): layer.cell.name
    case .product: "Einsum"
    case .embedding: "Embedding"
    }
  }
}

/// `y = x · kernel + bias` over the last axis; leading axes are positions that share the kernel.
package struct DenseLayer: Sendable {
  /// Shape `[inputs, outputs]`.
  package var kernel: ParameterTensor
  /// Shape `[outputs]`; nil where the layer has none.
  package var bias: ParameterTensor?
  package var types: ParameterTypes

  package init(kernel: ParameterTensor, bias: ParameterTensor?, types: ParameterTypes = .none) {
    self.kernel = kernel
    self.bias = bias
    self.types = types
  }

  package var inputSize: Int { kernel.shape[0] }
  package var outputSize: Int { kernel.shape[1] }
}

/// `gamma · (x - mean) / sqrt(variance + epsilon) + beta` per channel of the last axis.
package struct BatchNormalizationLayer: Sendable {
  /// Nil means ones.
  package var gamma: ParameterTensor?
  /// Nil means zeros.
  package var beta: ParameterTensor?
  package var mean: ParameterTensor
  package var variance: ParameterTensor
  package var epsilon: Double

  package init(
    gamma: ParameterTensor?,
    beta: ParameterTensor?,
    mean: ParameterTensor,
    variance: ParameterTensor,
    epsilon: Double
  ) {
    self.gamma = gamma
    self.beta = beta
    self.mean = mean
    self.variance = variance
    self.epsilon = epsilon
  }
}

/// `x · scale + bias`; each has one value, one per channel of the last axis, or one per element.
package struct AffineLayer: Sendable {
  /// Nil means one.
  package var scale: ParameterTensor?
  /// Nil means zero.
  package var bias: ParameterTensor?

  package init(scale: ParameterTensor?, bias: ParameterTensor?) {
    self.scale = scale
    self.bias = bias
  }
}

package enum MergeKind: String, Sendable, CaseIterable, Codable {
  case add, subtract, multiply, average, maximum, minimum
}

/// What ``ModelOperator/normalize(_:)`` divides a row by; a row whose norm is zero stays as it is.
package enum VectorNorm: String, Sendable, CaseIterable {
  /// The largest element, with its sign: not the largest magnitude.
  case maximum = "MAX"
  /// The sum of the magnitudes.
  case sum = "L1"
  /// The root of the sum of the squares.
  case euclidean = "L2"
}
