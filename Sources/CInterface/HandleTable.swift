// Called by no name of ours: released products link it in place of newer names of glibc.
import CPortability
import Diagnostics
import Synchronization

/// What C holds of Swift's objects: numbers, which may be wrong without harm.
struct HandleTable: ~Copyable, Sendable {
  static let shared = HandleTable()

  private let state = Mutex<(last: Int64, objects: [Int64: any AnyObject & Sendable])>((0, [:]))

  /// Keeps an object until its handle is closed; never 0.
  func add(_ object: some AnyObject & Sendable) -> Int64 {
    state.withLock { state in
      state.last += 1
      state.objects[state.last] = object
      return state.last
    }
  }

  /// The object of a handle.
  ///
  /// - Throws: a diagnostic if it was closed, or never was one of this kind.
  func object<Object>(_ handle: Int64, as kind: Object.Type = Object.self) throws -> Object {
    guard let object = state.withLock({ $0.objects[handle] }) as? Object else {
      throw Diagnostic.error(
        "bad-handle",
        "\(handle) is no open handle of the kind that is needed here",
        hint: "use handles as they were given, and not after they were closed"
      )
    }
    return object
  }

  func close(_ handle: Int64) {
    // What goes away does so outside the lock: that may take its time.
    let object = state.withLock { $0.objects.removeValue(forKey: handle) }
    withExtendedLifetime(object) {}
  }
}
