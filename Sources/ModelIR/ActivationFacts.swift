/// What the elements of a function's result depend on.
package enum ActivationForm {
  /// Each on the element in its place, all by one function, in double precision and without overflow for any finite argument.
  case scalar(@Sendable (Double) -> Double)
  /// Each on the element in its place and a slope: `x > 0 ? x : slope[i] · x`.
  case sloped(ParameterTensor)
  /// On all elements along an axis: softmax.
  case normalized(axis: Int)
}

/// What hls4ml makes of a function.
package struct HLS4MLActivation: Sendable {
  /// The types that hls4ml gives such a layer beside its result and its table.
  package enum Parameters: Sendable {
    case none
    /// `param`, sized by this constant where it is to be inferred.
    case constant(Double)
    /// `param`, typed as the input where it is to be inferred.
    case typedAsInput
    /// `slope` and `shift`.
    case line
    /// `accum` and three tables.
    case softmax
  }

  /// hls4ml's class of the layer, the key of `LayerType` in a configuration.
  package var className: String
  package var parameters: Parameters
  /// Whether `table` is looked at.
  package var readsTable: Bool

  init(_ className: String, _ parameters: Parameters = .none, readsTable: Bool = false) {
    self.className = className
    self.parameters = parameters
    self.readsTable = readsTable
  }
}

/// Goes through the parameters of a function, to write, read or check them.
package protocol ActivationParameterVisitor {
  associatedtype Failure: Error

  mutating func number(_ name: StaticString, _ value: inout Double) throws(Failure)
  /// A number that texts leave out where it is zero.
  ///
  /// - Parameter label: what messages call it.
  mutating func number(_ name: StaticString, label: String, unlessZero value: inout Double) throws(Failure)
  mutating func number(_ name: StaticString, ifAny value: inout Double?) throws(Failure)
  mutating func tensor(_ name: StaticString, _ value: inout ParameterTensor) throws(Failure)
  mutating func axis(_ value: inout Int) throws(Failure)
}
