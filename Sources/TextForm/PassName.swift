import Glibc

/// Everything that rewrites an intermediate representation, by name.
///
/// `tricot passes` shows this list; `--dump-after` takes these names.
package enum PassName: String, Sendable, CaseIterable, Codable {
  case magnitudePruning = "magnitude-pruning"
  case deadNeurons = "dead-neurons"
  case deadLayers = "dead-layers"
  case affineFolding = "affine-folding"
  case accumulatorSimplification = "accumulator-simplification"
  case deadWeights = "dead-weights"
  case deadValues = "dead-values"
  case constantSinking = "constant-sinking"
  case ternarySums = "ternary-sums"
  case pipelining

  /// The representation that a pass reads.
  package enum Level: String, Sendable, Codable {
    case model
    case fixedPoint = "fixed-point"
    case netlist
  }

  package var level: Level {
    switch self {
    case .magnitudePruning, .deadNeurons, .deadLayers, .affineFolding: .model
    case .accumulatorSimplification, .deadWeights: .fixedPoint
    case .deadValues, .constantSinking, .ternarySums, .pipelining: .netlist
    }
  }

  /// What it is for, in one line.
  package var purpose: String {
    switch self {
    case .magnitudePruning: "sets the smallest weights of dense layers to zero (--sparsity)"
    case .deadNeurons: "removes neurons that are constant or that nobody reads, after pruning"
    case .deadLayers: "removes layers whose results nobody reads"
    case .affineFolding: "folds batch normalisation and scaling into dense layers, drops layers that do nothing"
    case .accumulatorSimplification: "makes stepwise accumulators exact sums where that is proven to change no bit"
    case .deadWeights: "zeroes the weights of neurons that no output depends on"
    case .deadValues: "drops values and tables that no output needs"
    case .constantSinking: "adds constants where a term waits anyway, so that a bias costs no adder level"
    case .ternarySums: "joins adders into ones of three operands, one look-up table a bit (--adders)"
    case .pipelining: "cuts the netlist into stages with few registers: a circuit"
    }
  }

  /// Whether the outputs stay the same: to the bit, in the trained model up to float rounding.
  package var keepsOutputs: Bool {
    switch self {
    case .magnitudePruning: false
    case .deadNeurons, .deadLayers, .affineFolding, .accumulatorSimplification, .deadWeights, .deadValues,
      .constantSinking, .ternarySums, .pipelining:
      true
    }
  }
}

/// Who watches the passes of this thread: `--dump-after`, and the verifier that runs after every pass in tests and fuzzing.
///
/// The observer is the thread's, not the task's: optimised by Swift 6.3, `TaskLocal.withValue` crashes here.
package enum PassTrace {
  /// Receives the name of a pass that has run, and its result as text, made only if it is asked for.
  package typealias Observer = @Sendable (_ pass: PassName, _ text: () -> String) -> Void

  /// Does some work while the observer watches.
  package static func observing<Result>(_ observer: @escaping Observer, _ work: () throws -> Result) rethrows -> Result
  {
    let outer = pthread_getspecific(key)
    let watcher = Watcher(observer)
    pthread_setspecific(key, Unmanaged.passUnretained(watcher).toOpaque())
    defer { pthread_setspecific(key, outer) }
    return try withExtendedLifetime(watcher) { try work() }
  }

  /// Tells the observer, if there is one, what a pass made.
  package static func record(_ pass: PassName, _ result: @autoclosure () -> some CustomStringConvertible) {
    guard let pointer = pthread_getspecific(key) else { return }
    let observer = Unmanaged<Watcher>.fromOpaque(pointer).takeUnretainedValue().observer
    withoutActuallyEscaping(result) { result in observer(pass) { "\(result())" } }
  }

  /// Where each thread keeps its watcher.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private final class Watcher {
    let observer: Observer
    init(_ observer: @escaping Observer) { self.observer = observer }
  }
}
