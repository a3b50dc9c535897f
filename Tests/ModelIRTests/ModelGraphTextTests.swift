import Diagnostics
import FixedPoint
import ModelIR
import TestSupport
import Testing

@Suite struct ModelGraphTextTests {
  private static let text = """
    model 'test' from keras
      'in0' [2] = input
      'layer' [3] = dense('in0') class Dense
        kernel [2, 3] float32
          1.0 0.10000000149011612 -2.5
          -0.0 1e-07 3.0
        bias [3] float64
          0.1 5e-324 1.7976931348623157e+308
      'hard one' [3] = hard_tanh('layer') class 'no word' tensor 'renamed'
        slope 0.5
        shift 0.25
      'sum' [3] = add('hard one', 'layer')
      return 'sum', 'hard one'

    """

  @Test func `a model is read and printed as it was`() throws {
    let graph = try ModelGraph(parsing: Self.text, file: "test.model")
    #expect(graph.description == Self.text)
    #expect(graph.nodes[1].origin == Origin(file: "test.model", place: "line 3, column 3"))
    #expect(graph[graph.nodes[2].output].name == "renamed")
    #expect(graph.nodes[2].layerClass == "no word")
    try expectTextRoundTrip(graph)
  }

  private static let tree = TreeEnsemble(
    featureCount: 4,
    trees: [
      DecisionTree(
        nodes: [
          .split(TreeSplit(feature: 3, threshold: 0.1, comparison: .lessOrEqual, left: 1, right: 2, missing: .left)),
          .leaf(1),
          .split(TreeSplit(feature: 0, threshold: -.infinity, comparison: .less, left: 3, right: 4, missing: .asZero)),
          .leaf(0), .leaf(2),
        ],
        outputs: [1, 0],
        leafValues: [0.5, -1, 0.25, 3, 1e-9, 0.3]
      ),
      DecisionTree(nodes: [.leaf(0)], outputs: [0], leafValues: [7]),
    ],
    base: [0.5, -0.5],
    scale: 0.125,
    featurePrecision: .float32,
    sumPrecision: .float64
  )

  static let operators: [ModelOperator] =
    [
      dense(4, 2, [1, 2, 3, 4, 5, 6, 7, 8]), dense(4, 1, [1, 0.3, -2, 5], bias: [0.7]),
      .batchNormalization(
        BatchNormalizationLayer(
          gamma: nil,
          beta: vector([1, 2, 3, 4]),
          mean: vector([0.1, 0.2, 0.3, 0.4]),
          variance: vector([1, 2, 3, 4]),
          epsilon: 1e-3
        )
      ),
      .batchNormalization(
        BatchNormalizationLayer(
          gamma: vector([1, 2, 3, 4]),
          beta: nil,
          mean: vector([0.1, 0.2, 0.3, 0.4]),
          variance: vector([1, 2, 3, 4]),
          epsilon: 0.5
        )
      ),
      .affine(AffineLayer(scale: vector([3]), bias: nil)),
      .affine(AffineLayer(scale: nil, bias: vector([1, 2, 3, 4]))), .reshape, .gather(sources: [3, 0, 0, 1]),
      .treeEnsemble(tree),
      .quantize(TensorQuantizer(types: [FixedPointType(width: 3, integerBits: 1)])),
      .quantize(
        TensorQuantizer(
          types: [
            FixedPointType(width: 3, integerBits: 1), FixedPointType(width: 3, integerBits: 1),
            FixedPointType(width: 0, integerBits: -2, isSigned: false),
            FixedPointType(width: 5, integerBits: 5, rounding: .roundHalfToEven, overflow: .saturateSymmetric),
          ],
          scaling: QuantizerScaling(scaler: 0.3, factor: 1.7, offset: -0.1)
        )
      ),
    ] + VectorNorm.allCases.map { .normalize($0) } + activations.map { .activation($0) }

  private static let activations: [ActivationFunction] = [
    .erf, .gelu, .geluTanh, .swish, .squareRoot, .inverseSquareRoot(offset: 1e-3),
    .linear, .relu(ReLUParameters()), .relu(ReLUParameters(maximum: 1.5, negativeSlope: 0.1, threshold: -0.2)),
    .relu(ReLUParameters(negativeSlope: -0.0)), .leakyReLU(alpha: 0.3), .parametricReLU(alpha: vector([1, 2, 0.5, 0])),
    .thresholdedReLU(theta: 0.7), .elu(alpha: 1.1), .selu, .sigmoid, .hardSigmoid(slope: 0.2, shift: 0.5), .tanh,
    .hardTanh(slope: 0.4, shift: 0.3), .hardShrink(threshold: 0.7), .softplus, .softsign, .softmax(axis: 0),
    .clip(lower: -0.5, upper: nil), .hardSwish(shift: 3, limit: 6),
    .staircase(Staircase(thresholds: [-0.5, 0.25], values: [-1, 0, 1])), .exponential(scale: -0.5),
    .reciprocal(offset: 0.125), .logarithm,
  ]

  @Test(arguments: operators.indices) func `every operator comes back`(index: Int) throws {
    let operation = Self.operators[index]
    let rules = ShapeInference(layer: "layer", origin: here)
    let output = try rules.shape(of: operation, inputs: [[4]], declared: [4])
    try expectTextRoundTrip(singleLayer(operation, input: [4], output: output))
  }

  @Test(arguments: ActivationKind.allCases) func `every activation is among them`(kind: ActivationKind) {
    #expect(Self.activations.contains { $0.kind == kind })
    #expect(kind.standard.kind == kind)
  }

  private static let windowed: [ModelOperator] =
    [
      .convolution(
        ConvolutionLayer(
          kernel: ParameterTensor(shape: [3, 2, 1, 4], values: (0..<24).map { Double($0) / 8 - 1 }),
          bias: vector([0.5, 1, 0, -1]),
          window: SlidingWindow(axes: [.init(size: 3, stride: 2, before: 1), .init(size: 2, dilation: 2, after: 1)]),
          groups: 2
        )
      ),
      .pool(PoolingLayer(kind: .maximum, window: SlidingWindow(axes: [.init(size: 2, stride: 2), .init(size: 3)]))),
      .pool(
        PoolingLayer(
          kind: .average(countsPadding: true),
          window: SlidingWindow(axes: [.init(size: 2, before: 1), .init(size: 1)])
        )
      ),
      .pool(
        PoolingLayer(
          kind: .average(countsPadding: false),
          window: SlidingWindow(axes: [.init(size: 2, before: 1), .init(size: 1)])
        )
      ), .pad(PaddingLayer(before: [1, 0, 0], after: [0, 2, 0], value: -0.5)),
    ]
    + ReductionLayer.Kind.allCases.map { .reduce(ReductionLayer(kind: $0, axes: [0, 1], keepsAxes: $0 == .mean)) }

  @Test(arguments: windowed.indices) func `every operator with a window comes back`(index: Int) throws {
    let operation = Self.windowed[index]
    let input = [6, 5, 2]
    let output = try ShapeInference(layer: "layer", origin: here).shape(of: operation, inputs: [input], declared: input)
    try expectTextRoundTrip(singleLayer(operation, input: input, output: output))
  }

  @Test(arguments: MergeKind.allCases) func `every merge comes back`(kind: MergeKind) throws {
    try expectTextRoundTrip(singleLayer(.merge(kind), input: [3], inputs: 2))
  }

  @Test func `a concatenation comes back`() throws {
    try expectTextRoundTrip(singleLayer(.concatenate(axis: 1), input: [2, 3], output: [2, 6], inputs: 2))
  }

  @Test func `products of two tensors and tables come back`() throws {
    let product = TensorProduct(left: [0, 3], right: [3, 1], output: [1, 0])
    try expectTextRoundTrip(singleLayer(.product(product), input: [3, 3], output: [3, 3], inputs: 2))
    let table = EmbeddingLayer(table: ParameterTensor(shape: [3, 2], values: [1, 0.5, -2, 0.25, 3, 4]))
    try expectTextRoundTrip(singleLayer(.embedding(table), input: [4], output: [4, 2]))
  }

  private static let mistakes: [(old: String, new: String, message: String, place: String)] = [
    ("from keras", "from kerras", "expected where the model is from, found 'kerras'", "line 1, column 19"),
    ("= input", "= imput", "expected an operator, found 'imput'", "line 2, column 15"),
    ("dense('in0')", "dense('in1')", "no layer before this one is called 'in1'", "line 3, column 23"),
    (
      "[2, 3] float32", "[2, 30000000] float32", "expected an extent from 0 to 1048576, found 30000000",
      "line 4, column 16"
    ),
    ("1.0 0.1", "nan 0.1", "expected the number 1 of 6 of 'kernel', found 'nan'", "line 5, column 7"),
    ("1.0 0.1", "1e999 0.1", "'1e999' is not a finite number", "line 5, column 7"),
    ("-0.0 1e-07 3.0", "-0.0 3.0", "expected the number 6 of 6 of 'kernel', found 'bias'", "line 7, column 5"),
    ("-0.0 1e-07 3.0", "-0.0 1e-07 3.0 4.0", "expected the end of the line, found '4'", "line 6, column 22"),
    ("float64", "float16", "expected a precision, found 'float16'", "line 7, column 14"),
    ("shift 0.25", "shaft 0.25", "expected 'shift', found 'shaft'", "line 11, column 5"),
    ("'sum' [3]", "'layer' [3]", "two layers are called 'layer'", "line 12, column 3"),
    ("'sum' [3]", "'sum' [4]", "'sum' has the shape [3], not [4]", "line 12, column 3"),
    ("return 'sum', ", "return ", "", ""),
    ("return 'sum', ", "return 'product', ", "no layer before this one is called 'product'", "line 13, column 10"),
  ]

  @Test(arguments: mistakes.indices) func `a mistake is named with its place`(index: Int) throws {
    let mistake = Self.mistakes[index]
    try #require(Self.text.contains(mistake.old))
    let text = Self.text.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
    guard !mistake.message.isEmpty else {
      #expect(try ModelGraph(parsing: text, file: "m").description == text)
      return
    }
    let diagnostic = #expect(throws: Diagnostic.self) { try ModelGraph(parsing: text, file: "test.model") }
    #expect(diagnostic?.message.description == mistake.message)
    #expect(diagnostic?.origin == Origin(file: "test.model", place: mistake.place))
  }

  @Test func `an operator nearly named is suggested`() {
    let text = Self.text.replacing("hard_tanh", with: "hard_tahn")
    let diagnostic = #expect(throws: Diagnostic.self) { try ModelGraph(parsing: text, file: "m") }
    #expect(diagnostic?.hint == "did you mean 'hard_tanh'?")
  }

  @Test(arguments: 0..<1000 as Range<UInt64>) func `damaged text does no harm`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let operation = Self.operators[Int(seed) % Self.operators.count]
    let output = try ShapeInference(layer: "l", origin: here).shape(of: operation, inputs: [[4]], declared: [4])
    let damaged = FileDamage.slight(
      to: singleLayer(operation, input: [4], output: output).description,
      using: &generator
    )
    do {
      let graph = try ModelGraph(parsing: damaged, file: "damaged")
      #expect(try ModelGraph(parsing: graph.description, file: "again").description == graph.description)
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.origin != nil)
    }
  }
}
