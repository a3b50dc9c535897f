import DataFiles
import Diagnostics
import FixedPoint
import ModelIR
import Testing

@testable import KerasFrontend

/// QKeras's quantisers, against numbers that QKeras 0.9 computes.
@Suite struct QKerasQuantizerTests {
  private func quantizer(_ text: String, isKernel: Bool = false) throws -> QKerasQuantizer {
    try #require(
      try QKerasQuantizer.read(.string(text), "a quantiser", origin: Origin(file: "m.json"), isKernel: isKernel)
    )
  }

  private func quantized(_ text: String, _ values: [Double], shape: [Int]? = nil) throws -> [Double] {
    let tensor = ParameterTensor(shape: shape ?? [values.count], values: values)
    return try quantizer(text).quantized(tensor).scaled.values
  }

  @Test func `reads expressions`() throws {
    guard case .bits(let bits) = try quantizer(" quantized_bits( 6, integer=1, alpha = 1.0 ,symmetric=True)") else {
      Issue.record("another quantiser")
      return
    }
    #expect(bits.bits == 6 && bits.integer == 1 && bits.isSymmetric && bits.keepsNegative && bits.alpha == .one)
    guard case .relu(let relu) = try quantizer("quantized_relu(quantized_bits(8,2,alpha=1),0)") else {
      Issue.record("another quantiser")
      return
    }
    #expect(relu.bits == 8 && relu.integer == 0)
    guard case .function = try quantizer("smooth_tanh") else {
      Issue.record("another quantiser")
      return
    }
  }

  @Test(arguments: ["", "quantized_bits(", "quantized_bits(4", "quantized_bits(4))", "(4)", "softmax", "4", "'a'"])
  func `leaves other texts alone`(text: String) throws {
    #expect(try QKerasQuantizer.read(.string(text), "a quantiser", origin: Origin(file: "m.json")) == nil)
  }

  @Test(arguments: [
    "quantized_bits(0)", "quantized_bits(2.5)", "quantized_bits(99)", "quantized_bits(4,0,alpha='mean')",
    "quantized_relu(4,0,negative_slope=0.3)", "quantized_bits(4,0,qnoise_factor=0.5)", "quantized_po2(4,max_value=-1)",
  ])
  func `refuses what it cannot mean`(text: String) {
    #expect(throws: Diagnostic.self) { try quantizer(text) }
  }

  @Test func `rounds to even and saturates`() throws {
    #expect(
      try quantized("quantized_bits(3,0)", [0.125, 0.375, -0.125, 0.9, -1.2, 0.3]) == [0, 0.5, 0, 0.75, -1, 0.25]
    )
    #expect(try quantized("quantized_bits(3,0,1)", [-1.2, 0.9]) == [-0.75, 0.75])
    #expect(try quantized("quantized_bits(2,1,keep_negative=False)", [-1, 0.6, 1.9]) == [0, 0.5, 1.5])
    #expect(try quantized("quantized_bits(1,0)", [-0.1, 0, 3]) == [-1, 1, 1])
    #expect(try quantized("quantized_bits(3,0,alpha=0.5)", [0.3, -2]) == [0.125, -0.5])
  }

  @Test func `signs and powers of two`() throws {
    #expect(try quantized("binary()", [-0.1, 0, 2]) == [-1, 1, 1])
    #expect(try quantized("binary(use_01=1)", [-0.1, 0, 2]) == [0, 1, 1])
    #expect(try quantized("ternary()", [-0.4, -0.3, 0.33, 0.32]) == [-1, 0, 1, 0])
    #expect(try quantized("quantized_po2(4)", [0.3, -0.7, 5, 100]) == [0.25, -0.5, 4, 8])
    #expect(try quantized("quantized_po2(4,max_value=1)", [0.9, 3, -0.01]) == [1, 1, -0.0078125])
  }

  @Test func `a scale is fitted to each channel`() throws {
    // 3 bits: levels -3…3; the first channel's largest is 0.9, the second's 3.
    let values = try quantized("quantized_bits(3,0,alpha='auto')", [0.9, -3, 0.28, 1.1], shape: [2, 2])
    let step = Float(0.9) * 2 / 6
    #expect(values == [Double(step * 4) * 0.75, -3, Double(step * 4) * 0.25, 1])
  }

  /// Steps and weights are the same quantisers.
  @Test(arguments: [
    "binary()", "binary(use_01=True)", "ternary()", "ternary(threshold=0.5)", "quantized_po2(4)", "quantized_po2(3,2)",
    "quantized_relu_po2(4)", "quantized_relu_po2(4,4,negative_slope=0.25)",
    "quantized_po2(4,quadratic_approximation=1)",
    "quantized_po2(8)", "bernoulli()",
  ])
  func `steps agree with the quantiser`(text: String) throws {
    let quantizer = try quantizer(text)
    let steps = try #require(quantizer.staircase)
    #expect(steps.isWellFormed)
    // Not in the middle of two exponents, where float32 decides.
    for x in (-400...400).map({ Double($0) / 64 + 1 / 1024 }) + [0] {
      let tensor = ParameterTensor(shape: [1], values: [x])
      #expect(quantizer.quantized(tensor).tensor.values[0] == steps.value(at: x), "at \(x)")
    }
  }
}
