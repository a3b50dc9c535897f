import TricotCompiler

/// What `tricot emulator` prints for people.
enum EmulatorTable {
  static func text(_ report: EmulatorReport) -> String {
    var facts = FactList()
    facts.add("library", "\(report.output)/\(report.library)")
    facts.add("header", "\(report.output)/\(report.header)")
    facts.add("symbols", "\(report.symbol)_create, …")
    facts.add("version", report.version)
    facts.add("built in", NumberText.duration(report.seconds))
    return facts.text()
  }
}
