/// What `tricot emulator` built.
public struct EmulatorReport: Codable, Sendable {
  /// The folder.
  public var output: String
  /// The shared library and its header, relative to the folder.
  public var library: String
  public var header: String
  /// What the names of all functions begin with.
  public var symbol: String
  public var version: String
  /// Elements per event.
  public var inputs: Int
  public var outputs: Int
  /// Of the C++ compiler.
  public var seconds: Double
}
