import FixedPoint

/// Memory for the values of a tensor in every sample, that workers fill in, each its own samples.
struct Destination: @unchecked Sendable {
  let doubles: UnsafeMutablePointer<Double>
  /// Raw values, where doubles do not hold them.
  let wide: UnsafeMutablePointer<Int128>?
  /// Elements per sample.
  let elements: Int

  /// Copies out the tensor of a tile.
  func write(_ kernel: OutputKernel, _ tile: Tile, firstSample: Int) {
    kernel.write(tile, to: doubles + firstSample * elements)
    if let wide { kernel.writeRaw(tile, to: wide + firstSample * elements) }
  }
}

extension SampleValues {
  /// Values that `fill` writes, all of them.
  init(samples: Int, types: [FixedPointType], isExact: Bool, fill: (Destination) -> Void) {
    let count = samples * types.count
    var wide: [Int128]?
    let doubles = [Double](unsafeUninitializedCapacity: count) { doubles, initialized in
      let base = doubles.baseAddress ?? UnsafeMutablePointer.allocate(capacity: 1)
      if isExact {
        fill(Destination(doubles: base, wide: nil, elements: types.count))
      } else {
        wide = [Int128](unsafeUninitializedCapacity: count) { raw, initializedRaw in
          fill(Destination(doubles: base, wide: raw.baseAddress, elements: types.count))
          initializedRaw = count
        }
      }
      initialized = count
    }
    self.init(samples: samples, types: types, doubles: doubles, wide: wide)
  }
}

/// A destination whose lifetime is not a scope.
final class TraceBuffer: Sendable {
  let destination: Destination
  private let samples: Int
  private let types: [FixedPointType]

  init(samples: Int, types: [FixedPointType], isExact: Bool) {
    self.samples = samples
    self.types = types
    let count = samples * types.count
    let doubles = UnsafeMutablePointer<Double>.allocate(capacity: count)
    doubles.initialize(repeating: 0, count: count)
    var wide: UnsafeMutablePointer<Int128>?
    if !isExact {
      let raw = UnsafeMutablePointer<Int128>.allocate(capacity: count)
      raw.initialize(repeating: 0, count: count)
      wide = raw
    }
    destination = Destination(doubles: doubles, wide: wide, elements: types.count)
  }

  deinit {
    destination.doubles.deallocate()
    destination.wide?.deallocate()
  }

  var values: SampleValues {
    let count = samples * types.count
    return SampleValues(
      samples: samples,
      types: types,
      doubles: Array(UnsafeBufferPointer(start: destination.doubles, count: count)),
      wide: destination.wide.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
    )
  }
}
