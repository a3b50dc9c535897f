import TricotCompiler

/// What `tricot table decode` prints for people.
enum TableDecodingText {
  /// Alternatives that are shown of a joint code.
  private static let shown = 4

  static func text(_ report: TableDecodingReport) -> String {
    var blocks = report.addresses.flatMap { [facts($0).text(), fields($0).text()] }
    if !report.words.isEmpty {
      var facts = FactList()
      for word in report.words { facts.add("word \(word.word)", text(word)) }
      blocks.append(facts.text())
    }
    return blocks.joined(separator: "\n\n")
  }

  private static func facts(_ address: TableDecodingReport.Address) -> FactList {
    var facts = FactList()
    facts.add("address", "\(address.address) = 0x\(String(address.address, radix: 16))")
    if address.isVersion { facts.add("version", "the word here tells the table's version") }
    if !address.belongsToModel { facts.add("model", "another one: the word is the minimum") }
    if let inputs = address.modelInputs {
      facts.add("model inputs", inputs.map(NumberText.short).joined(separator: ", "))
    }
    if let score = address.score { facts.add("score", NumberText.short(score)) }
    if let word = address.word { facts.add("word", "\(word.word): \(text(word))") }
    return facts
  }

  private static func fields(_ address: TableDecodingReport.Address) -> TextTable {
    var table = TextTable([
      ("field", .left), ("bits", .left), ("code", .right), ("model is given", .right), ("features", .left),
    ])
    for field in address.fields {
      table.add([
        field.name, field.bits == 1 ? "\(field.lsb)" : "\(field.lsb + field.bits - 1):\(field.lsb)", "\(field.code)",
        field.value.map(NumberText.short) ?? "", features(field),
      ])
    }
    return table
  }

  private static func features(_ field: TableDecodingReport.Field) -> String {
    if field.isUnreachable { return "none: no event has this code" }
    let alternatives = field.features.prefix(shown).map { ranges in
      ranges.map { "x\($0.feature) \($0.lower == $0.upper ? "= \($0.lower)" : "in \($0.lower)…\($0.upper)")" }
        .joined(separator: ", ")
    }
    let rest = field.features.count - alternatives.count
    return (alternatives + (rest > 0 ? ["\(rest) more"] : [])).joined(separator: " or ")
  }

  private static func text(_ word: TableDecodingReport.Word) -> String {
    if word.isUnreachable { return "no score leads to it" }
    let middle = "\(NumberText.short(word.value)), "
    switch (word.lower, word.upper) {
    case (let lower?, let upper?): return middle + "from \(NumberText.short(lower)) to below \(NumberText.short(upper))"
    case (let lower?, nil): return middle + "from \(NumberText.short(lower)) on"
    case (nil, let upper?): return middle + "below \(NumberText.short(upper))"
    case (nil, nil): return "any value"
    }
  }
}
