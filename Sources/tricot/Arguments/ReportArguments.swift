import ArgumentParser
import Diagnostics
import TricotCompiler

/// How a command talks.
struct ReportArguments: ParsableArguments {
  @Flag(help: "Print JSON, and nothing else, on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress and no warnings on standard error.")
  var quiet = false

  /// Tells how far things are, as asked.
  var clock: StageClock {
    guard !quiet else { return StageClock() }
    let progress = ProgressLine()
    return StageClock { progress.stage($0) }
  }

  /// A compilation that reports its progress as asked.
  func compilation(_ options: CompilationOptions) -> Compilation { Compilation(options, clock: clock) }

  /// Prints a report: as JSON, or as the text that is made for people.
  func show<Report: Encodable>(_ report: Report, _ text: (Report) -> String) throws {
    Console.print(json ? try jsonText(report) : text(report))
  }

  /// Prints the findings of a run on standard error.
  func showFindings(of compilation: Compilation) {
    for finding in compilation.findings where !quiet || finding.severity == .error {
      Console.printError(Console.text(of: finding))
    }
  }
}
