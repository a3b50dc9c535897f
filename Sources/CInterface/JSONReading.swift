import Diagnostics
import FoundationEssentials

/// Reads a JSON argument of the interface.
func value<Value: Decodable>(_ type: Value.Type = Value.self, fromJSON text: String, of name: String) throws -> Value {
  do {
    return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  } catch let error as Diagnostic {
    throw error
  } catch {
    throw Diagnostic.error("bad-argument", "'\(name)' is not the JSON that is needed: \(error)")
  }
}
