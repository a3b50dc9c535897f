import FixedPointIR
import ModelIR

/// The positions of a window, or the groups of a reduction, as the domain of a map and the access to its operand.
struct WindowDomain {
  var domain: [Int]
  var access: WindowAccess

  /// All channels of what a window sees at every position.
  init(_ window: SlidingWindow, over shape: [Int], padding: ExactValue) {
    (domain, access) = Self.positions(window, over: shape, padding: padding)
    access.axes.append(.whole(extent: shape.last ?? 1))
  }

  /// One channel of what a window sees at every position: the channels are the domain's last axis.
  init(channelsOf window: SlidingWindow, over shape: [Int], padding: ExactValue) {
    (domain, access) = Self.positions(window, over: shape, padding: padding)
    access.axes.append(.each(domainAxis: domain.count))
    domain.append(shape.last ?? 1)
  }

  /// The channels at every position.
  init(rowsOf shape: [Int]) {
    domain = Array(shape.dropLast())
    access = .rows(of: shape)
  }

  /// All elements that a reduction makes one of.
  init(_ reduction: ReductionLayer, over shape: [Int]) {
    domain = []
    var axes: [AxisAccess] = []
    for (axis, extent) in shape.enumerated() {
      if reduction.axes.contains(axis) {
        axes.append(.whole(extent: extent))
      } else {
        axes.append(.each(domainAxis: domain.count))
        domain.append(extent)
      }
    }
    if domain.isEmpty { domain = [1] }
    access = WindowAccess(axes: axes)
  }

  /// Every element of a padded tensor.
  init(_ layer: PaddingLayer, over shape: [Int], padding: ExactValue) {
    domain = shape.indices.map { shape[$0] + layer.before[$0] + layer.after[$0] }
    let axes = layer.before.enumerated().map { axis, before in
      AxisAccess.window(domainAxis: axis, size: 1, stride: 1, dilation: 1, before: before)
    }
    access = WindowAccess(axes: axes, padding: padding)
  }

  private static func positions(
    _ window: SlidingWindow,
    over shape: [Int],
    padding: ExactValue
  ) -> (domain: [Int], access: WindowAccess) {
    let range = window.range(rank: shape.count)
    var domain = Array(shape[..<range.lowerBound])
    var axes = domain.indices.map { AxisAccess.each(domainAxis: $0) }
    for (axis, place) in zip(window.axes, range) {
      axes.append(
        .window(
          domainAxis: domain.count,
          size: axis.size,
          stride: axis.stride,
          dilation: axis.dilation,
          before: axis.before
        )
      )
      domain.append(axis.positions(extent: shape[place]))
    }
    return (domain, WindowAccess(axes: axes, padding: window.hasPadding ? padding : nil))
  }
}

extension PoolingLayer {
  /// By output position, how many elements a mean divides by.
  func divisors(of shape: [Int]) -> [Int] {
    switch kind {
    case .maximum, .average(countsPadding: true):
      return [Int](repeating: window.tapCount, count: window.visibleTaps(of: shape).count)
    case .average(countsPadding: false): return window.visibleTaps(of: shape).map { max($0.count, 1) }
    }
  }
}

extension ConvolutionLayer {
  /// The kernel of one group as a dense layer over its taps, in the order in which a window is read.
  func groupKernel<Element>(_ group: Int, _ values: [Element]) -> [Element] {
    let inputs = window.tapCount * channelsPerGroup
    let first = group * outputsPerGroup
    return (0..<inputs).flatMap { input in
      values[input * outputChannels + first..<input * outputChannels + first + outputsPerGroup]
    }
  }

  /// Where the taps of one group stand among those of all channels.
  func groupTaps(_ group: Int) -> [GatherOperation.Source] {
    (0..<window.tapCount).flatMap { tap in
      (0..<channelsPerGroup).map { c in
        .init(input: 0, element: tap * inputChannels + group * channelsPerGroup + c)
      }
    }
  }
}
