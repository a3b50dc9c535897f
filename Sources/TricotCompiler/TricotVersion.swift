/// The version of this compiler, as manifests and `--version` state it.
public enum TricotVersion {
  public static let current = "0.1.0"
}
