import Basics
import Diagnostics
import FixedPoint
import FixedPointIR

/// A small image network: a convolution, an activation, a pooling, and a dense layer.
struct SampleConvolution: CustomStringConvertible, Sendable {
  var height = 5
  var width = 5
  var channels = 1
  var filters = 2
  var size = 3
  var stride = 1
  var dilation = 1
  var padding = 0
  var pool = 0
  var dense = 0
  var reuseFactor = 1
  /// Whether a second convolution's results are added to the first one's: 3 × 3, padded.
  var isResidual = false

  static let all: [SampleConvolution] = [
    SampleConvolution(),
    SampleConvolution(channels: 2, padding: 1),
    SampleConvolution(width: 7, padding: 2, dense: 3),
    SampleConvolution(height: 7, width: 6, stride: 2, padding: 1),
    SampleConvolution(height: 7, width: 8, dilation: 2, padding: 1),
    SampleConvolution(height: 8, width: 8, channels: 2, pool: 2, dense: 3),
    SampleConvolution(height: 6, width: 6, padding: 1, pool: 2, dense: 4, reuseFactor: 4),
    SampleConvolution(height: 6, width: 1, size: 1, dense: 2),
    SampleConvolution(height: 1, width: 9, size: 1, pool: 0, dense: 2),
    SampleConvolution(height: 4, width: 2, padding: 2),
    SampleConvolution(height: 6, width: 5, padding: 1, pool: 2, dense: 3, isResidual: true),
  ]

  var description: String {
    "\(height)×\(width)×\(channels), \(filters) of \(size) stride \(stride) dilation \(dilation) padding \(padding), pool \(pool), "
      + "dense \(dense), reuse \(reuseFactor)" + (isResidual ? ", residual" : "")
  }

  private static let origin = Origin(file: "sample")
  private static let activation = FixedPointType(width: 6, integerBits: 3)

  var graph: FixedPointGraph {
    var random = SeededGenerator(seed: 3)
    var graph = FixedPointGraph(name: "image")
    func append(
      _ operation: FixedOperation,
      _ name: String,
      _ inputs: [FixedTensorID],
      _ shape: [Int]
    ) -> FixedTensorID {
      graph.append(
        operation,
        named: name,
        kind: "Sample",
        inputs: inputs,
        shape: shape,
        types: ElementTypes(uniform: Self.activation, count: shape.reduce(1, *)),
        origin: Self.origin,
        implementation: ImplementationChoice(
          strategy: reuseFactor > 1 ? .resource : .distributedArithmetic,
          reuseFactor: reuseFactor
        )
      )
    }
    func places(_ extent: Int) -> Int { (extent + 2 * padding - (size - 1) * dilation - 1) / stride + 1 }
    func weights(_ count: Int) -> [Int64] { (0..<count).map { _ in Int64.random(in: -7...7, using: &random) } }
    var tensor = append(.input, "x", [], [height, width, channels])
    let domain = [places(height), places(width)]
    let taps = size * size * channels
    let kernel = DenseOperation(
      inputSize: taps,
      outputSize: filters,
      weights: weights(taps * filters),
      weightFractionBits: 3
    )
    let axis = { (number: Int) in
      AxisAccess.window(domainAxis: number, size: size, stride: stride, dilation: dilation, before: padding)
    }
    let convolution = MapOperation(
      domain: domain,
      body: Self.body(taps, .dense(kernel), filters, reuseFactor: reuseFactor),
      accesses: [
        WindowAccess(
          axes: [axis(0), axis(1), .whole(extent: channels)],
          padding: padding > 0 ? ExactValue(raw: 0, fractionBits: 0) : nil
        )
      ]
    )
    tensor = append(.map(convolution), "conv", [tensor], domain + [filters])
    tensor = append(.rectifier(.relu), "relu", [tensor], domain + [filters])
    if isResidual {
      let inner = DenseOperation(
        inputSize: 9 * filters,
        outputSize: filters,
        weights: weights(9 * filters * filters),
        weightFractionBits: 4
      )
      let window = { (number: Int) in
        AxisAccess.window(domainAxis: number, size: 3, stride: 1, dilation: 1, before: 1)
      }
      let map = MapOperation(
        domain: domain,
        body: Self.body(9 * filters, .dense(inner), filters),
        accesses: [
          WindowAccess(
            axes: [window(0), window(1), .whole(extent: filters)],
            padding: ExactValue(raw: 0, fractionBits: 0)
          )
        ]
      )
      let long = append(.map(map), "inner", [tensor], domain + [filters])
      tensor = append(.merge(.add), "sum", [tensor, long], domain + [filters])
    }
    var shape = domain
    if pool > 0 {
      shape = domain.map { $0 / pool }
      let window = { (number: Int) in
        AxisAccess.window(domainAxis: number, size: pool, stride: pool, dilation: 1, before: 0)
      }
      let sum = DenseOperation(
        inputSize: pool * pool,
        outputSize: 1,
        weights: [Int64](repeating: 1, count: pool * pool),
        weightFractionBits: 2
      )
      let pooling = MapOperation(
        domain: shape + [filters],
        body: Self.body(pool * pool, .dense(sum), 1),
        accesses: [WindowAccess(axes: [window(0), window(1), .each(domainAxis: 2)])]
      )
      tensor = append(.map(pooling), "pool", [tensor], shape + [filters])
    }
    if dense > 0 {
      let count = shape.reduce(filters, *)
      tensor = append(.gather(.identity(count: count)), "flat", [tensor], [count])
      let layer = DenseOperation(
        inputSize: count,
        outputSize: dense,
        weights: weights(count * dense),
        weightFractionBits: 4,
        bias: ConstantVector(raw: weights(dense), fractionBits: 2)
      )
      tensor = append(.dense(layer), "dense", [tensor], [dense])
    }
    graph.outputs = [tensor]
    return graph
  }

  private static func body(
    _ taps: Int,
    _ operation: FixedOperation,
    _ results: Int,
    reuseFactor: Int = 1
  ) -> FixedPointGraph {
    var body = FixedPointGraph(name: "kernel")
    let window = body.append(
      .input,
      named: "window",
      kind: "Input",
      inputs: [],
      shape: [taps],
      types: ElementTypes(uniform: activation, count: taps),
      origin: origin
    )
    body.outputs = [
      body.append(
        operation,
        named: "result",
        kind: "Kernel",
        inputs: [window],
        shape: [results],
        types: ElementTypes(uniform: activation, count: results),
        origin: origin,
        implementation: ImplementationChoice(
          strategy: reuseFactor > 1 ? .resource : .distributedArithmetic,
          reuseFactor: reuseFactor
        )
      )
    ]
    return body
  }
}
