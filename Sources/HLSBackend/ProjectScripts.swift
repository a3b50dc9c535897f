import FirmwareFiles
import FirmwareTemplates
import FixedPointIR

/// The files around the C++: scripts, test bench and the page for the receiver.
struct ProjectScripts {
  let plan: NetworkPlan
  let layers: [EmittedLayer]
  let options: HLSOptions

  func files() throws -> [ProjectFile] { [] }
}
