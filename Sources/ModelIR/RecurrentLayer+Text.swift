import TextForm

extension RecurrentLayer {
  /// The words of the text form that say what kind of layer it is, between its cell and its functions.
  fileprivate var flags: [(word: StaticString, isSet: Bool)] {
    [
      ("backward", isReversed), ("all", returnsAll), ("cell", returnsCell), ("masked", isMasked),
      ("zeroed", zeroesMasked), ("started", startsFromOperands),
    ]
  }

  /// Writes the fields that ``init(fieldsFrom:)`` reads.
  func writeFields(to writer: inout TextWriter) {
    writer.line("cell \(cell.word)" + flags.filter(\.isSet).map { " \($0.word)" }.joined())
    writer.line("activation \(activation.name)")
    writer.indented { activation.writeFields(to: &$0) }
    writer.line("gates \(recurrentActivation.name)")
    writer.indented { recurrentActivation.writeFields(to: &$0) }
    writer.field("kernel", kernel)
    writer.field("recurrent_kernel", recurrentKernel)
    writer.field("bias", bias)
    writer.field("recurrent_bias", recurrentBias)
  }

  /// Reads the fields of a recurrent layer.
  init(fieldsFrom scanner: inout TextScanner) throws {
    var words: [Bool] = []
    let cell = try scanner.field("cell") { scanner in
      let cell = try Cell(parsing: &scanner)
      for word: StaticString in ["backward", "all", "cell", "masked", "zeroed", "started"] {
        words.append(scanner.acceptsWord(word))
      }
      return cell
    }
    let activation = try ActivationFunction(named: "activation", parsing: &scanner)
    let gates = try ActivationFunction(named: "gates", parsing: &scanner)
    let kernel = try scanner.tensor("kernel")
    let recurrentKernel = try scanner.tensor("recurrent_kernel")
    self.init(
      cell,
      kernel: kernel,
      recurrentKernel: recurrentKernel,
      bias: try scanner.optionalTensor("bias"),
      recurrentBias: try scanner.optionalTensor("recurrent_bias"),
      activation: activation,
      recurrentActivation: gates
    )
    (isReversed, returnsAll, returnsCell) = (words[0], words[1], words[2])
    (isMasked, zeroesMasked, startsFromOperands) = (words[3], words[4], words[5])
  }
}

extension RecurrentLayer.Cell {
  private static let all: [(word: StaticString, cell: Self)] = [
    ("simple", .simple), ("lstm", .lstm), ("gru_after", .gru(resetsAfter: true)),
    ("gru_before", .gru(resetsAfter: false)),
  ]

  fileprivate var word: String {
    switch self {
    case .simple: "simple"
    case .lstm: "lstm"
    case .gru(let resetsAfter): resetsAfter ? "gru_after" : "gru_before"
    }
  }

  fileprivate init(parsing scanner: inout TextScanner) throws {
    guard let cell = Self.all.first(where: { scanner.acceptsWord($0.word) })?.cell else {
      throw scanner.error("expected simple, lstm, gru_after or gru_before, found \(scanner.nextText)")
    }
    self = cell
  }
}

extension ActivationFunction {
  fileprivate init(named name: StaticString, parsing scanner: inout TextScanner) throws {
    let kind: ActivationKind = try scanner.field(name) { try $0.choice("an activation") }
    self = try ActivationFunction(kind, fieldsFrom: &scanner)
  }
}
