import Glibc

/// Adam (Kingma and Ba 2015) on the weights that are not zero and on all biases; weights keep a real shadow behind the grid.
struct AdamState {
  /// One kernel's share.
  private struct Kernel {
    /// Where the nonzero weights stand.
    var places: [Int32]
    var rows: [Int32]
    var digits: [UInt8]
    var shadow: [Float]
    var momentum: [Float]
    var square: [Float]
    var biasMomentum: [Float]
    var biasSquare: [Float]
  }

  private var kernels: [Kernel]
  private var step = 0

  init(_ start: NetworkParameters, _ tape: Tape) {
    kernels = start.kernels.enumerated().map { k, kernel in
      let outputs = tape.kernels[k].outputs
      let places = kernel.digits.indices.filter { kernel.digits[$0] > 0 }
      return Kernel(
        places: places.map(Int32.init),
        rows: places.map { Int32($0 / outputs) },
        digits: places.map { kernel.digits[$0] },
        shadow: places.map { kernel.weights[$0] },
        momentum: [Float](repeating: 0, count: places.count),
        square: [Float](repeating: 0, count: places.count),
        biasMomentum: [Float](repeating: 0, count: kernel.bias.count),
        biasSquare: [Float](repeating: 0, count: kernel.bias.count)
      )
    }
  }

  /// One step of weights and biases.
  ///
  /// - Parameters:
  ///   - pace: The rate.
  ///   - pull: The share of its distance to the grid that a shadow loses.
  mutating func advance(
    _ parameters: inout NetworkParameters,
    _ gradients: KernelGradients,
    pace: Float,
    pull: Float,
    finest: [[Int]],
    rowScales: [[Float]]
  ) {
    step += 1
    let first = 1 - powf(0.9, Float(step))
    let second = 1 - powf(0.999, Float(step))
    for k in kernels.indices {
      let scales = rowScales[k]
      let exponents = finest[k]
      let g = gradients.weights[k]
      for p in kernels[k].places.indices {
        let place = Int(kernels[k].places[p])
        let row = Int(kernels[k].rows[p])
        let scale = scales[row]
        let gradient = g[place] * scale
        let m = 0.9 * kernels[k].momentum[p] + 0.1 * gradient
        let v = 0.999 * kernels[k].square[p] + 0.001 * gradient * gradient
        kernels[k].momentum[p] = m
        kernels[k].square[p] = v
        var w = kernels[k].shadow[p] - pace * scale * (m / first) / ((v / second).squareRoot() + 1e-8)
        let rounded = SignedDigitRounding.round(w, digits: Int(kernels[k].digits[p]), finest: exponents[row]).value
        w += pull * (rounded - w)
        kernels[k].shadow[p] = w
        parameters.kernels[k].weights[place] = rounded
      }
      let b = gradients.biases[k]
      for j in parameters.kernels[k].bias.indices {
        let m = 0.9 * kernels[k].biasMomentum[j] + 0.1 * b[j]
        let v = 0.999 * kernels[k].biasSquare[j] + 0.001 * b[j] * b[j]
        kernels[k].biasMomentum[j] = m
        kernels[k].biasSquare[j] = v
        parameters.kernels[k].bias[j] -= pace * (m / first) / ((v / second).squareRoot() + 1e-8)
      }
    }
  }

  /// Counts the digits of the weights where they have come to rest.
  func settle(_ parameters: inout NetworkParameters, finest: [[Int]], _ tape: Tape) {
    for k in kernels.indices {
      let outputs = tape.kernels[k].outputs
      for place in kernels[k].places {
        let weight = parameters.kernels[k].weights[Int(place)]
        let digits = SignedDigitRounding.count(weight, finest: finest[k][Int(place) / outputs])
        parameters.kernels[k].digits[Int(place)] = UInt8(min(digits, 16))
      }
    }
  }
}
