/// A kernel of weights that slides over positions: convolution, also depthwise and in groups, over any number of axes.
package struct ConvolutionLayer: Sendable {
  /// Shape `[sizes of the window…, channels in per group, channels out]`.
  package var kernel: ParameterTensor
  /// One per channel out; nil where the layer has none.
  package var bias: ParameterTensor?
  package var window: SlidingWindow
  /// Channels in and channels out fall into as many equal parts, the first to the first.
  package var groups: Int
  package var types: ParameterTypes

  package init(
    kernel: ParameterTensor,
    bias: ParameterTensor?,
    window: SlidingWindow,
    groups: Int = 1,
    types: ParameterTypes = .none
  ) {
    self.kernel = kernel
    self.bias = bias
    self.window = window
    self.groups = groups
    self.types = types
  }

  package var outputChannels: Int { kernel.shape.last ?? 0 }
  /// Channels in that one output channel reads.
  package var channelsPerGroup: Int { kernel.shape.dropLast().last ?? 0 }
  package var inputChannels: Int { channelsPerGroup * groups }
  /// Channels out of one group.
  package var outputsPerGroup: Int { outputChannels / max(groups, 1) }
  /// Whether every channel has kernels of its own.
  package var isDepthwise: Bool { channelsPerGroup == 1 && groups > 1 }
}

/// The largest element or the mean of what a sliding window sees, channel by channel.
package struct PoolingLayer: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Padding never wins.
    case maximum
    /// Padding is zero; it may count in the number of elements, or not.
    case average(countsPadding: Bool)
  }

  package var kind: Kind
  package var window: SlidingWindow

  package init(kind: Kind, window: SlidingWindow) {
    self.kind = kind
    self.window = window
  }
}

/// One number of all elements along some axes: a sum, a mean, an extreme; global pooling.
package struct ReductionLayer: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    case sum, mean, maximum, minimum
  }

  package var kind: Kind
  /// In ascending order.
  package var axes: [Int]
  /// Whether the axes stay with an extent of 1.
  package var keepsAxes: Bool

  package init(kind: Kind, axes: [Int], keepsAxes: Bool) {
    self.kind = kind
    self.axes = axes
    self.keepsAxes = keepsAxes
  }

  /// How many elements become one.
  package func groupSize(of shape: [Int]) -> Int { axes.reduce(1) { $0 * shape[$1] } }

  /// By element of an input, the element of the result that it goes into.
  package func targets(of shape: [Int]) -> [Int] {
    var targets = [0]
    for (axis, extent) in shape.enumerated() {
      let isReduced = axes.contains(axis)
      targets = targets.flatMap { target in (0..<extent).map { isReduced ? target : target * extent + $0 } }
    }
    return targets
  }
}

/// A constant around a tensor.
package struct PaddingLayer: Sendable, Hashable {
  /// By axis, how many elements come before the first.
  package var before: [Int]
  /// By axis, how many elements follow the last.
  package var after: [Int]
  package var value: Double

  package init(before: [Int], after: [Int], value: Double = 0) {
    self.before = before
    self.after = after
    self.value = value
  }

  /// By element of the result, the element of the input; nil for padding.
  package func sources(of shape: [Int]) -> [Int?] {
    var sources: [Int?] = [0]
    for (axis, extent) in shape.enumerated() {
      sources = sources.flatMap { source in
        (-before[axis]..<extent + after[axis]).map { element in
          guard let source, (0..<extent).contains(element) else { return nil }
          return source * extent + element
        }
      }
    }
    return sources
  }
}
