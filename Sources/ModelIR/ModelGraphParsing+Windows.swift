import TextForm

extension ConvolutionLayer {
  /// Reads the fields that the text form gives a convolution.
  init(fieldsFrom scanner: inout TextScanner) throws {
    let kernel = try scanner.tensor("kernel")
    let bias = try scanner.optionalTensor("bias")
    let window = try scanner.field("window") { try SlidingWindow(parsing: &$0) }
    let groups = try scanner.field("groups") {
      try $0.integer("a number of groups", in: 1...ShapeInference.elementLimit)
    }
    let types = try ParameterTypes(fieldsFrom: &scanner)
    self.init(kernel: kernel, bias: bias, window: window, groups: groups, types: types)
  }
}

extension ParameterTypes {
  /// Reads the types that the text form gives trained constants.
  init(fieldsFrom scanner: inout TextScanner) throws {
    self.init(
      kernel: try scanner.optionalField("kernel_type") { try $0.types(limit: 1) }?.first,
      bias: try scanner.optionalField("bias_type") { try $0.types(limit: 1) }?.first
    )
  }
}

extension PaddingLayer {
  /// Reads the fields that the text form gives a padding.
  init(fieldsFrom scanner: inout TextScanner) throws {
    let limit = 0...ShapeInference.elementLimit
    self = try scanner.field("before") { scanner in
      let before = try scanner.list { try $0.integer("a number of elements", in: limit) }
      try scanner.expectWord("after")
      let after = try scanner.list { try $0.integer("a number of elements", in: limit) }
      try scanner.expectWord("value")
      return PaddingLayer(before: before, after: after, value: try scanner.number())
    }
  }
}

extension SlidingWindow {
  /// Reads a window in the form of ``description``.
  init(parsing scanner: inout TextScanner) throws {
    func number(_ name: StaticString, from least: Int, _ scanner: inout TextScanner) throws -> Int {
      try scanner.expectWord(name)
      return try scanner.integer("a number of elements", in: least...ShapeInference.elementLimit)
    }
    self.init(
      axes: try scanner.list { scanner in
        let (size, stride) = (try number("size", from: 1, &scanner), try number("stride", from: 1, &scanner))
        let dilation = try number("dilation", from: 1, &scanner)
        let (before, after) = (try number("before", from: 0, &scanner), try number("after", from: 0, &scanner))
        return Axis(size: size, stride: stride, dilation: dilation, before: before, after: after)
      }
    )
  }
}
