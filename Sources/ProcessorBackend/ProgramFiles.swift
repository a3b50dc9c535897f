import FirmwareFiles

/// The programs of a machine as files.
package enum ProgramFiles {
  /// The folder of the programs in a project.
  package static let folder = "programs"

  /// Text, listing and memory image of every program, and the machine's drawing.
  package static func files(of machine: ProcessorMachine) -> [ProjectFile] {
    let plan = machine.plan
    let names = names(of: plan)
    var files: [ProjectFile] = []
    for (name, program) in zip(names, plan.programs) {
      files.append(ProjectFile(path: "\(folder)/\(name).pasm", text: program.description))
      files.append(ProjectFile(path: "\(folder)/\(name).hex", text: ProgramImage.text(of: program)))
    }
    var next = 0
    for (layer, built) in zip(plan.layers, machine.trace.layers) {
      for processor in layer.processors {
        let text = ProgramListing.text(of: processor, layer, plan, cycle: built.start)
        files.append(ProjectFile(path: "\(folder)/\(names[next]).lst", text: text))
        next += 1
      }
    }
    files.append(ProjectFile(path: "machine.dot", text: MachineDrawing.dot(machine)))
    return files
  }

  /// By program, the name of its files.
  static func names(of plan: MachinePlan) -> [String] {
    var names = Identifiers()
    return plan.programs.map { names.claim($0.program.name) }
  }
}
