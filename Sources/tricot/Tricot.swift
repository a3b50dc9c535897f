import ArgumentParser
// Called by no name of ours: released products link it in place of newer names of glibc.
import CPortability
import Diagnostics
import Glibc
import TricotCompiler

/// The command line.
struct Tricot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tricot",
    abstract: "Turns a trained network into FPGA trigger firmware and proves it bit for bit.",
    discussion: """
      MODEL is an .onnx, .keras, .h5, .pb or .pt2 file, a Keras .json with --weights, trees, or an hls4ml .yml that names
      the model.
      Exit status: 0 fine or equal, 1 different, 2 could not, 130 interrupted.
      """,
    version: TricotVersion.current,
    subcommands: [
      CompileCommand.self, SimulateCommand.self, VerifyCommand.self, EstimateCommand.self, InspectCommand.self,
      CompareCommand.self, OptimizeCommand.self, EmulatorCommand.self, ReportCommand.self, ScanCommand.self,
      MatrixCommand.self, TableCommand.self,
      ExportCommand.self, PassesCommand.self, FuzzCommand.self, AssembleCommand.self, DisassembleCommand.self,
      ReloadImageCommand.self,
    ]
  )
}

/// The exit statuses of every command.
enum ExitStatus {
  /// What was compared differs.
  static let different = ExitCode(1)
  /// Nothing could be said: wrong arguments, bad input, a missing tool.
  static let couldNot: Int32 = 2
}

@main
enum Main {
  static func main() async {
    let work = Task { await run() }
    let interruption = Interruption { work.cancel() }
    let status = await work.value
    withExtendedLifetime(interruption) {
      TemporaryFolders.removeAll()
      exit(Interruption.status ?? status)
    }
  }

  /// Runs the command of the arguments; returns the exit status.
  private static func run() async -> Int32 {
    do {
      var command = try Tricot.parseAsRoot()
      if var running = command as? any AsyncParsableCommand {
        try await running.run()
      } else {
        try command.run()
      }
      return 0
    } catch  where Interruption.status != nil {
      // What an interrupted stage throws says nothing to anybody.
    } catch let diagnostic as Diagnostic {
      Console.printError(Console.text(of: diagnostic))
    } catch let status as ExitCode {
      return status.rawValue
    } catch {
      let text = Tricot.fullMessage(for: error)
      if Tricot.exitCode(for: error) == .success {
        Console.print(text)
        return 0
      }
      Console.printError(text)
    }
    return ExitStatus.couldNot
  }
}
