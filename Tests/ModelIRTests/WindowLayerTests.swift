import Diagnostics
import ModelIR
import TestSupport
import Testing

/// Layers that look through windows, against their definitions written out one output element at a time.
@Suite struct WindowLayerTests {
  private func evaluate(_ graph: ModelGraph, _ inputs: [Double], samples: Int = 1) throws -> [Double] {
    try ModelGraphVerifier.verify(graph)
    return ReferenceEvaluator(graph).evaluate(inputs, samples: samples).outputs
  }

  /// A graph of one layer whose output shape is inferred.
  private func layer(_ operation: ModelOperator, input: [Int]) throws -> ModelGraph {
    let rules = ShapeInference(layer: "layer", origin: here)
    let shape = try rules.shape(of: operation, inputs: [input], declared: [])
    return singleLayer(operation, input: input, output: shape)
  }

  /// Whole numbers, so that sums are exact in any order.
  private func numbers(_ count: Int, _ salt: Int) -> [Double] {
    (0..<count).map { Double(($0 * 7919 + salt * 104729 + $0 * $0 * 31) % 23 - 11) }
  }

  @Test(
    arguments: [
      // size, stride, dilation, before, after, groups
      (3, 1, 1, 0, 0, 1), (3, 1, 1, 1, 1, 1), (3, 2, 1, 2, 1, 2), (2, 1, 3, 3, 0, 1), (4, 3, 1, 1, 2, 4),
      (1, 1, 1, 0, 0, 1),
      (5, 2, 2, 4, 4, 2),
    ]
  )
  func convolutionOverOneAxis(size: Int, stride: Int, dilation: Int, before: Int, after: Int, groups: Int) throws {
    let (extent, channels, filters) = (11, 4, 8)
    let depth = channels / groups
    let kernel = numbers(size * depth * filters, 1)
    let bias = numbers(filters, 2)
    let window = SlidingWindow(
      axes: [.init(size: size, stride: stride, dilation: dilation, before: before, after: after)]
    )
    let convolution = ConvolutionLayer(
      kernel: ParameterTensor(shape: [size, depth, filters], values: kernel),
      bias: vector(bias),
      window: window,
      groups: groups
    )
    let graph = try layer(.convolution(convolution), input: [extent, channels])
    let x = numbers(2 * extent * channels, 3)
    var expected: [Double] = []
    for sample in 0..<2 {
      var start = -before
      while start + (size - 1) * dilation < extent + after {
        for f in 0..<filters {
          var sum = bias[f]
          let group = f / (filters / groups)
          for t in 0..<size {
            let place = start + t * dilation
            if place < 0 || place >= extent { continue }
            for c in 0..<depth {
              sum += x[(sample * extent + place) * channels + group * depth + c] * kernel[(t * depth + c) * filters + f]
            }
          }
          expected.append(sum)
        }
        start += stride
      }
    }
    #expect(try evaluate(graph, x, samples: 2) == expected)
  }

  @Test(arguments: [(1, 1, 0, 0), (2, 3, 1, 1), (3, 2, 0, 2)])
  func convolutionOverTwoAxes(strideY: Int, strideX: Int, padY: Int, padX: Int) throws {
    let (height, width, channels, filters) = (6, 5, 2, 3)
    let kernel = numbers(3 * 2 * channels * filters, 4)
    let window = SlidingWindow(
      axes: [
        .init(size: 3, stride: strideY, before: padY, after: padY),
        .init(size: 2, stride: strideX, before: padX, after: 0),
      ]
    )
    let convolution = ConvolutionLayer(
      kernel: ParameterTensor(shape: [3, 2, channels, filters], values: kernel),
      bias: nil,
      window: window
    )
    let graph = try layer(.convolution(convolution), input: [height, width, channels])
    let x = numbers(height * width * channels, 5)
    var expected: [Double] = []
    for top in stride(from: -padY, through: height + padY - 3, by: strideY) {
      for left in stride(from: -padX, through: width - 2, by: strideX) {
        for f in 0..<filters {
          var sum = 0.0
          for dy in 0..<3 {
            for dx in 0..<2 {
              let (r, c) = (top + dy, left + dx)
              guard r >= 0, r < height, c >= 0, c < width else { continue }
              for k in 0..<channels {
                sum += x[(r * width + c) * channels + k] * kernel[((dy * 2 + dx) * channels + k) * filters + f]
              }
            }
          }
          expected.append(sum)
        }
      }
    }
    #expect(try evaluate(graph, x) == expected)
  }

  @Test func leadingAxesArePositions() throws {
    let window = SlidingWindow(axes: [.init(size: 2)])
    let convolution = ConvolutionLayer(
      kernel: ParameterTensor(shape: [2, 1, 1], values: [1, 10]),
      bias: nil,
      window: window
    )
    let graph = try layer(.convolution(convolution), input: [2, 3, 1])
    #expect(graph[graph.outputs[0]].shape == [2, 2, 1])
    #expect(try evaluate(graph, [1, 2, 3, 4, 5, 6]) == [21, 32, 54, 65])
    let pool = try layer(.pool(PoolingLayer(kind: .maximum, window: window)), input: [2, 3, 1])
    #expect(try evaluate(pool, [1, 5, 3, 9, 5, 6]) == [5, 5, 9, 6])
  }

  @Test func poolingCountsWhatItIsToldTo() throws {
    let window = SlidingWindow(axes: [.init(size: 2, stride: 2, before: 1, after: 1)])
    func pooled(_ kind: PoolingLayer.Kind) throws -> [Double] {
      try evaluate(
        layer(.pool(PoolingLayer(kind: kind, window: window)), input: [4, 2]),
        [-1, 2, -3, 4, -5, 6, -7, 8]
      )
    }
    #expect(try pooled(.maximum) == [-1, 2, -3, 6, -7, 8])
    #expect(try pooled(.average(countsPadding: false)) == [-1, 2, -4, 5, -7, 8])
    #expect(try pooled(.average(countsPadding: true)) == [-0.5, 1, -4, 5, -3.5, 4])
  }

  @Test(
    arguments: [
      (.sum, [0], true, [1, 3], [5, 7, 9]), (.sum, [1], false, [2], [6, 15]), (.mean, [0, 1], false, [1], [3.5]),
      (.maximum, [0], false, [3], [4, 5, 6]), (.minimum, [1], true, [2, 1], [1, 4]),
    ] as [(ReductionLayer.Kind, [Int], Bool, [Int], [Double])]
  )
  func reductions(kind: ReductionLayer.Kind, axes: [Int], keeps: Bool, shape: [Int], expected: [Double]) throws {
    let graph = try layer(.reduce(ReductionLayer(kind: kind, axes: axes, keepsAxes: keeps)), input: [2, 3])
    #expect(graph[graph.outputs[0]].shape == shape)
    #expect(try evaluate(graph, [1, 2, 3, 4, 5, 6]) == expected)
  }

  @Test func paddingSurroundsEverySample() throws {
    let graph = try layer(.pad(PaddingLayer(before: [1, 0], after: [0, 1], value: 9)), input: [2, 1])
    #expect(try evaluate(graph, [1, 2, 3, 4], samples: 2) == [9, 9, 1, 9, 2, 9, 9, 9, 3, 9, 4, 9])
  }

  private func code(_ operation: ModelOperator, _ input: [Int]) -> String? {
    do {
      _ = try layer(operation, input: input)
      return nil
    } catch { return (error as? Diagnostic)?.code }
  }

  @Test func impossibleWindowsAreRefused() throws {
    func convolution(_ axis: SlidingWindow.Axis, kernel: [Int], groups: Int = 1) -> ModelOperator {
      .convolution(
        ConvolutionLayer(
          kernel: ParameterTensor(shape: kernel, values: [Double](repeating: 1, count: kernel.reduce(1, *))),
          bias: nil,
          window: SlidingWindow(axes: [axis]),
          groups: groups
        )
      )
    }
    #expect(code(convolution(.init(size: 3), kernel: [3, 2, 1]), [2, 2]) == "shape-mismatch")
    #expect(code(convolution(.init(size: 3), kernel: [3, 3, 1]), [5, 2]) == "shape-mismatch")
    #expect(code(convolution(.init(size: 3), kernel: [2, 2, 1]), [5, 2]) == "bad-parameters")
    #expect(code(convolution(.init(size: 1), kernel: [1, 1, 3], groups: 2), [5, 2]) == "shape-mismatch")
    #expect(code(convolution(.init(size: 1, stride: 0), kernel: [1, 2, 3]), [5, 2]) == "bad-parameters")
    #expect(code(convolution(.init(size: 1, before: -1), kernel: [1, 2, 3]), [5, 2]) == "bad-parameters")
    #expect(code(convolution(.init(size: 1, before: .max), kernel: [1, 2, 3]), [5, 2]) == "bad-parameters")
    #expect(code(convolution(.init(size: 1), kernel: [1, 2, 3]), [2]) == "shape-mismatch")
    let onlyPadding = SlidingWindow(axes: [.init(size: 2, stride: 2, before: 2, after: 0)])
    #expect(code(.pool(PoolingLayer(kind: .maximum, window: onlyPadding)), [4, 1]) == "bad-parameters")
    let huge = SlidingWindow(axes: [.init(size: 1 << 15, before: 1 << 15, after: 1 << 15)])
    #expect(code(.pool(PoolingLayer(kind: .average(countsPadding: true), window: huge)), [4, 1]) == "absurd-size")
    #expect(code(.reduce(ReductionLayer(kind: .sum, axes: [2], keepsAxes: true)), [4, 1]) == "bad-axis")
    #expect(code(.pad(PaddingLayer(before: [1], after: [1])), [4, 1]) == "bad-parameters")
    #expect(code(.pad(PaddingLayer(before: [1 << 19, 1 << 5], after: [0, 0])), [4, 1]) == "absurd-size")
  }
}
