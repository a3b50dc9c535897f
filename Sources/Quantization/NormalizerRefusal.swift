import Diagnostics
import ModelIR

extension ModelNode {
  /// Why a normaliser has no fixed-point form.
  var dividesByNorm: Diagnostic {
    .error(
      "unsupported-operator",
      "'\(name)' (Normalizer) divides every event by a norm of its own, which firmware cannot do",
      at: origin,
      hint: """
        normalise in the front-end electronics and compile the model without it, or train without it; \
        \(action: .evaluate) evaluates the model as it is
        """
    )
  }
}
