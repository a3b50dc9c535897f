import Diagnostics
import ModelIR
import Quantization

/// What calibration data tell about themselves: inputs that never change, inputs that are twice there.
struct CalibrationFindings: Sendable {
  private var constant: [Int] = []
  private var duplicates: [(Int, Int)] = []

  init(_ data: CalibrationData, _ model: ModelGraph) {
    let width = data.inputs.count / max(data.samples, 1)
    guard data.samples > 1, width <= 4096 else { return }
    // Columns by a number that equal ones share.
    var digests: [UInt64: [Int]] = [:]
    for input in 0..<width {
      var digest: UInt64 = 0xcbf2_9ce4_8422_2325
      var changes = false
      for event in 0..<data.samples {
        let value = data.inputs[event * width + input]
        changes = changes || value != data.inputs[input]
        digest = (digest ^ value.bitPattern) &* 0x100_0000_01b3
      }
      guard changes else {
        constant.append(input)
        continue
      }
      for other in digests[digest, default: []] {
        let isEqual = (0..<data.samples).allSatisfy {
          data.inputs[$0 * width + input] == data.inputs[$0 * width + other]
        }
        if isEqual {
          duplicates.append((other, input))
          break
        }
      }
      digests[digest, default: []].append(input)
    }
  }

  func report(to log: DiagnosticLog) {
    if !constant.isEmpty {
      log.report(
        .warning(
          "constant-inputs",
          "the calibration data never change input\(constant.count > 1 ? "s" : "") \(Self.list(constant)): what the "
            + "network does with other values there is lost",
          hint: "give events in which every input moves, or accept that those inputs are dropped"
        )
      )
    }
    if !duplicates.isEmpty {
      let pairs = duplicates.prefix(8).map { "\($0.0) and \($0.1)" }.joined(separator: ", ")
      log.report(
        .note(
          "duplicate-inputs",
          "inputs \(pairs) hold the same numbers in all calibration events: one of each pair is used"
        )
      )
    }
  }

  private static func list(_ numbers: [Int]) -> String {
    numbers.prefix(12).map(String.init).joined(separator: ", ") + (numbers.count > 12 ? ", …" : "")
  }
}
