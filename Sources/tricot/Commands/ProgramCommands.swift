import ArgumentParser
import TricotCompiler

/// `tricot assemble`.
struct AssembleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assemble",
    abstract: "Turn a processor's program into the words of its memory."
  )

  @Argument(help: "A .pasm file.")
  var program: String

  @OptionGroup var output: TextOutputArguments

  func run() async throws {
    output.show(try ProgramTools.assemble(file: program, to: output.output, replacing: output.force))
  }
}

/// `tricot disassemble`.
struct DisassembleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disassemble",
    abstract: "Turn the words of a processor's memory into its program."
  )

  @Argument(help: "A .hex file that tricot assemble or tricot compile wrote.")
  var image: String

  @OptionGroup var output: TextOutputArguments

  func run() async throws {
    output.show(try ProgramTools.disassemble(file: image, to: output.output, replacing: output.force))
  }
}

/// Where a text goes.
struct TextOutputArguments: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; standard output when left out.", valueName: "file")
  )
  var output: String?

  @Flag(help: "Replace the file if it is there.")
  var force = false

  /// Prints what was not written.
  func show(_ text: String) {
    if output == nil { Console.print(text) }
  }
}

/// `tricot reload-image`.
struct ReloadImageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload-image",
    abstract: "Write a retrained network as the words that a running machine of processors takes.",
    discussion: "A network that does not fit the machine, or could overflow its accumulators, is refused."
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var report: ReportArguments

  @Option(name: .customLong("for"), help: ArgumentHelp("The machine's project.", valueName: "dir"))
  var machine: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file of words to write.", valueName: "file"))
  var output: String

  @Option(help: "What the machine shows at its port 'version' once it has the network.")
  var networkVersion: UInt32 = 2

  @Flag(help: "Replace the file if it is there.")
  var force = false

  func run() async throws {
    let compilation = report.compilation(model.options)
    defer { report.showFindings(of: compilation) }
    let made = try compilation.reloadImage(for: machine, to: output, version: networkVersion, replacing: force)
    try report.show(made) { made in
      var facts = FactList()
      facts.add("file", "\(made.file), \(NumberText.count(made.words)) words of \(made.dataBits) bits")
      facts.add("version", "\(made.version)")
      facts.add("checksum", made.checksum)
      return facts.text()
    }
  }
}
