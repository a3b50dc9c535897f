import ArgumentParser
import TricotCompiler

/// `tricot table decode`.
struct TableDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "From addresses back to features, and from words to the values they stand for.",
    discussion: "Numbers are decimal, hexadecimal (0x…) or binary (0b…)."
  )

  @Argument(help: "Addresses.")
  var addresses: [Number] = []

  @Option(help: ArgumentHelp("The fields of the address and the coding of the word.", valueName: "spec.yml"))
  var address: String

  @Option(help: ArgumentHelp("A word whose value is wanted; may be repeated.", valueName: "word"))
  var word: [Number] = []

  @Option(help: ArgumentHelp("The trees, for scores and words.", valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("A folder that 'tricot table' wrote, for the words of addresses.", valueName: "dir"))
  var table: String?

  @OptionGroup var report: ReportArguments

  func validate() throws {
    if addresses.isEmpty && word.isEmpty { throw ValidationError("give addresses, or words with --word") }
    if addresses.isEmpty && model != nil { throw ValidationError("--model needs addresses") }
    if addresses.isEmpty && table != nil { throw ValidationError("--table needs addresses") }
  }

  func run() throws {
    let decoding = TableDecoding(
      specification: address,
      addresses: addresses.map(\.value),
      words: word.map(\.value),
      model: model,
      table: table
    )
    try report.show(try decoding.run(), TableDecodingText.text)
  }

  /// A number as hardware people write it.
  struct Number: ExpressibleByArgument {
    var value: Int

    init?(argument: String) {
      let digits = argument.lowercased().dropFirst(2)
      let number =
        switch argument.prefix(2).lowercased() {
        case "0x": Int(digits, radix: 16)
        case "0b": Int(digits, radix: 2)
        default: Int(argument)
        }
      guard let number, number >= 0 else { return nil }
      value = number
    }
  }
}
