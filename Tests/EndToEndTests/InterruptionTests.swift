import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing
import Verification

/// Ctrl-C while tools run: nothing of the run stays, neither processes nor files.
@Suite struct InterruptionTests {
  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [SIGINT, SIGTERM]
  )
  func `verify ends with everything it started`(_ number: Int32) async throws {
    try await interrupt(
      ["verify", Example.model, "--calibration", Example.calibration, "--samples", "1000"],
      with: number,
      whenRunning: ["cc1plus", "g++", "verilator_bin", "ccache", "as"]
    )
  }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"))
  func `synthesis ends with yosys`() async throws {
    try await interrupt(
      ["estimate", Example.model, "--calibration", Example.calibration, "--synthesize"],
      with: SIGINT,
      whenRunning: ["yosys", "yosys-abc"]
    )
  }

  /// A search does not listen; the command ends all the same.
  @Test func `what computes ends, too`() async throws {
    let scratch = try Scratch()
    let command = [
      Invocation.binary, "compile", Example.model, "--effort", "high", "-o", scratch.file("out"), "--threads", "1",
    ]
    let result = try await run(Self.briefly, with: command, in: scratch)
    #expect(result.output == "status 130\n", "\(result.errors)")
    let errors = try String(contentsOfFile: scratch.file("err"), encoding: .utf8)
    #expect(try String(contentsOfFile: scratch.file("out.txt"), encoding: .utf8) == "")
    #expect(errors.contains("interrupted"))
    #expect(!errors.contains("rror"), "\(errors)")
    #expect(Set(scratch.contents) == ["out.txt", "err"])
  }

  /// Lets a command work for half a second after it made its temporary folder, which is the first thing that it does.
  private static let briefly = #"""
    set -m
    "$@" > out.txt 2> err &
    for attempt in {1..3000}; do
      [ "$(ls -A | wc -l)" -gt 2 ] && break
      sleep 0.02
    done
    sleep 0.5
    kill -INT $!
    wait $!
    echo "status $?"
    """#

  /// A shell watches the command, since the threads of a test run are too busy to look in time.
  private func run(
    _ script: String,
    with arguments: [String],
    in scratch: Scratch,
    _ environment: Environment = .inherit
  ) async throws -> (output: String, errors: String) {
    let result = try await Subprocess.run(
      .name("bash"),
      arguments: Arguments(["-c", script, "watch"] + arguments),
      environment: environment,
      workingDirectory: FilePath(scratch.path),
      input: .none,
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    )
    return (result.standardOutput, result.standardError)
  }

  /// Starts the command, sends the signal once one of the tools runs, and looks at what is left.
  private func interrupt(_ arguments: [String], with number: Int32, whenRunning tools: [String]) async throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.file("tmp"), withIntermediateDirectories: false)
    let watched = [String(number), tools.joined(separator: " "), Invocation.binary] + arguments
    let environment = Environment.inherit.updating(["TMPDIR": scratch.file("tmp")])
    let result = try await run(Self.watch, with: watched, in: scratch, environment)
    let report = result.output
    #expect(report == "status \(128 + number)\n", "\(report)\(result.errors)")
    let output = try String(contentsOfFile: scratch.file("out"), encoding: .utf8)
    let errors = try String(contentsOfFile: scratch.file("err"), encoding: .utf8)
    #expect(output == "")
    #expect(errors.contains("interrupted"))
    #expect(!errors.contains("rror"), "\(errors)")
    #expect(Set(scratch.contents) == ["tmp", "out", "err"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("tmp")) == [])
  }

  /// Prints the command's exit status, and what survived of the sessions of everything that it had started when the first
  /// tool ran.
  ///
  /// Arguments: a signal, the names of tools, a command.
  private static let watch = #"""
    set -m
    signal=$1 tools=" $2 "
    shift 2
    "$@" > out 2> err &
    command=$!
    look() { # name, parent and session by process; zombies have ended
      name=() parent=() session=()
      for entry in /proc/[0-9]*/stat; do
        read -r line 2> /dev/null < "$entry" || continue
        rest=${line##*) }
        read -r state up _ own _ <<< "$rest"
        [ "$state" = Z ] && continue
        number=${line%% *} word=${line#*(}
        name[$number]=${word%)*} parent[$number]=$up session[$number]=$own
      done
    }
    family() {
      members=" $command " found=1
      while [ $found = 1 ]; do
        found=0
        for number in "${!parent[@]}"; do
          [[ $members != *" $number "* && $members == *" ${parent[$number]} "* ]] && members+="$number " && found=1
        done
      done
    }
    sessions=" "
    for attempt in {1..3000}; do
      look
      family
      running=0
      for number in $members; do
        [[ $tools == *" ${name[$number]:-none} "* ]] && running=1
      done
      if [ $running = 1 ]; then
        for number in $members; do
          [ "$number" = "$command" ] || sessions+="${session[$number]:-0} "
        done
        kill -"$signal" "$command"
        break
      fi
      kill -0 "$command" 2> /dev/null || break
      sleep 0.02
    done
    wait "$command"
    echo "status $?"
    look
    for number in "${!name[@]}"; do
      [[ ${session[$number]} != 0 && $sessions == *" ${session[$number]} "* ]] && echo "survivor $number ${name[$number]}"
    done
    exit 0
    """#
}
