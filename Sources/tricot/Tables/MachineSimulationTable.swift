import TricotCompiler

/// What `tricot simulate --backend processors` prints for people.
enum MachineSimulationTable {
  static func text(_ report: MachineSimulationReport) -> String {
    var facts = FactList()
    facts.add("events", "\(NumberText.count(report.events)) answered in \(NumberText.count(report.cycles)) cycles")
    if let latency = report.latencyCycles { facts.add("latency", "\(latency) cycles") }
    guard let stop = report.stop else { return facts.text() }
    facts.add("stopped", "cycle \(stop.cycle), the sum of \(stop.processor) is complete")
    var table = TextTable([("register", .left), ("value", .right)])
    for register in stop.registers { table.add([register.name, register.raw]) }
    return facts.text() + "\n\n" + table.text()
  }
}
