import Devices
import FirmwareFiles
import VerilogBackend

extension VerilogOptions {
  /// Options for a project that only tests look at.
  static func test(_ top: String, vectors: TestVectors = TestVectors()) -> VerilogOptions {
    VerilogOptions(top: top, part: PartCatalogue.all[0], vectors: vectors)
  }
}
