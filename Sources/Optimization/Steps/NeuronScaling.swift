import Glibc

/// The freedom that rectifiers leave: a neuron times a positive factor, and what reads it divided by it, is the same network.
///
/// Few signed digits lie on a coarse grid, so some factors cost fewer digits than others. Used where that was measured to pay:
/// for kernels that many positions share, and where the answers are numbers; training makes up for it in other classifiers.
struct NeuronScaling: Sendable {
  /// A weight that reads a group: a row of a kernel.
  private struct Reader: Sendable {
    var kernel: Int
    var row: Int
  }

  private let tape: Tape
  /// By kernel and output, the rows that read its rectified sum; nil where a factor would be seen.
  private let readers: [[[Reader]?]]

  init(_ tape: Tape) {
    self.tape = tape
    var rows = tape.points.map { [[Reader]](repeating: [], count: $0.groups) }
    var isFree = tape.points.map { point in
      (0..<point.groups).map { point.kind == .rectifier && point.otherReaders[$0] == 0 && !point.mixed.contains($0) }
    }
    for (k, place) in tape.kernels.enumerated() {
      for row in 0..<place.inputs {
        let origins = (0..<place.positions).compactMap { place.origins[$0 * place.inputs + row] }
        guard let first = origins.first else { continue }
        rows[first.point][first.group].append(Reader(kernel: k, row: row))
        // A row that reads several groups would need several factors.
        for origin in origins where origin != first {
          isFree[first.point][first.group] = false
          isFree[origin.point][origin.group] = false
        }
      }
    }
    let pays = tape.heads.contains { $0.kind == .numbers }
    readers = tape.kernels.map { place in
      (0..<place.outputs).map { j in
        guard place.positions > 1 || pays, let point = place.absorbingPoint, tape.points[point].groups == place.outputs,
          isFree[point][j]
        else { return nil }
        return rows[point][j]
      }
    }
  }

  /// Whether an output of a kernel may be scaled.
  func isFree(_ kernel: Int, _ output: Int) -> Bool { readers[kernel][output] != nil }

  /// Scales neurons of a kernel and divides what reads them.
  func apply(_ factors: [Float], _ kernel: Int, to parameters: inout NetworkParameters) {
    let outputs = tape.kernels[kernel].outputs
    for (j, factor) in factors.enumerated() where factor != 1 {
      guard let rows = readers[kernel][j] else { continue }
      for i in 0..<tape.kernels[kernel].inputs { parameters.kernels[kernel].weights[i * outputs + j] *= factor }
      parameters.kernels[kernel].bias[j] *= factor
      for reader in rows {
        let width = tape.kernels[reader.kernel].outputs
        for place in reader.row * width..<(reader.row + 1) * width {
          parameters.kernels[reader.kernel].weights[place] /= factor
        }
      }
    }
  }

  /// What a factor may be, and what it costs where the sums are rounded.
  struct Freedom: Sendable {
    /// The factors up to the one that fills the type.
    var factors: [Double]
    /// The distance that rounding costs at a factor of one; it falls with the factor's square.
    var rounding: Double

    static let none = Freedom(factors: [1], rounding: 0)
  }

  /// Twelve factors for an octave.
  private static let factors = (-8...12).map { exp2(Double($0) / 12) }

  /// - Parameters:
  ///   - kernel: Whose outputs.
  ///   - types: The types that its rectified sums will have.
  func freedoms(_ kernel: Int, _ types: [PointTypes]?, _ sensitivities: Sensitivities) -> [Freedom] {
    let place = tape.kernels[kernel]
    guard let point = place.absorbingPoint, let types else {
      return [Freedom](repeating: .none, count: place.outputs)
    }
    let numbers = sensitivities.numbers[point]
    let values = sensitivities.values[point]
    let events = Double(max(numbers.count / max(tape.sizes[tape.points[point].slot], 1), 1))
    return (0..<place.outputs).map { j in
      let type = types[point].groups[j]
      guard isFree(kernel, j), !type.isDead else { return .none }
      var greatest: Float = 0
      var live = 0.0
      for i in stride(from: j, to: numbers.count, by: place.outputs) where numbers[i] > 0 {
        greatest = max(greatest, numbers[i])
        live += Double(values[i])
      }
      let room = exp2(Double(type.integerBits)) / max(Double(greatest), 1e-30)
      return Freedom(
        factors: Self.factors.filter { $0 <= 1 || $0 <= room },
        rounding: live / events * type.step * type.step / 24
      )
    }
  }
}
