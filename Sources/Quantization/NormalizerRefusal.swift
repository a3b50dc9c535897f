import Diagnostics
import ModelIR

extension ModelNode {
  /// Why a layer with floating-point weights cannot stand in a model that brings its own types.
  var hasNoTrainedTypes: Diagnostic {
    .error(
      "unquantised-weights",
      "'\(name)' (\(operation.kindName)) has floating-point weights in a model that brings its own types",
      at: origin,
      hint: "train the whole model with quantisers, or none of it"
    )
  }

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
