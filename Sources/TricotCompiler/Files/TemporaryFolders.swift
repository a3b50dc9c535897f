import FoundationEssentials
import Synchronization
import Verification

/// The tools that verification starts.
public enum ExternalTools {
  /// Whether any runs now; cancelling the task that waits for it ends it.
  public static var areRunning: Bool { !RunningTools.isEmpty }
}

/// The folders, and files, that exist only while something is under way.
///
/// A command line that is interrupted calls ``removeAll()``, so that nothing half-written stays behind.
public enum TemporaryFolders {
  private static let paths = Mutex<[String]>([])

  static func register(_ path: String) { paths.withLock { $0.append(path) } }

  /// Deletes a folder or a file.
  static func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
    forget(path)
  }

  /// Leaves a folder where it is: it was renamed, or someone is to look at it.
  static func forget(_ path: String) { paths.withLock { list in list.removeAll { $0 == path } } }

  /// Deletes everything that is registered.
  public static func removeAll() {
    for path in paths.withLock({ $0 }) { remove(path) }
  }
}
