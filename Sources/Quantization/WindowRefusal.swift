import Diagnostics
import ModelIR

extension ModelNode {
  /// Why a layer over windows cannot be compiled in an arithmetic that has none.
  func hasNoWindows(in arithmetic: String) -> Diagnostic {
    .error(
      "unsupported-layer",
      "'\(name)' is a \(layerClass ?? operation.kindName), which \(arithmetic) does not have",
      at: origin,
      hint: "\(action: .evaluate) evaluates the model as it is"
    )
  }
}
