import FirmwareFiles

/// The programs of a machine as files.
package enum ProgramFiles {
  /// The folder of the programs in a project.
  package static let folder = "programs"

  package static func files(of plan: MachinePlan) throws -> [ProjectFile] {
    var names = Identifiers()
    return plan.programs.map { program in
      let name = names.claim(program.program.name)
      return ProjectFile(path: "\(folder)/\(name).pasm", text: program.description)
    }
  }
}
