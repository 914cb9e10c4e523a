import Collectives
import Concurrency
import Fitting
import Foundation
import Modeling

/// Drifts for some steps, saving after each of the last ones, from the newest checkpoint if there is one.
///
/// Arguments `name=value`: folder, steps (6), from (1: the first step to save), rows (100), lanes (8), pull
/// (0.1), data (its fingerprint), model (its name), fail (`rank,agreement`), fresh (1: clear first).
/// Prints where it resumed, refusals, `saved STEP`, and the bits of the end.
let checkCheckpoint: Check = { arguments in
  var given: [String: String] = [:]
  for argument in arguments {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    given[parts[0]] = parts.count > 1 ? parts[1] : ""
  }
  let fail = (given["fail"] ?? "").split(separator: ",").compactMap { Int($0) }
  let plan = fail.count == 2 ? FailurePlan(rank: fail[0], agreement: fail[1]) : nil
  let options = given
  Launcher.run(failurePlan: plan) { everyone in
    func number(_ name: String, _ otherwise: Int) -> Int {
      options[name].flatMap { Int($0) } ?? otherwise
    }
    var configuration = DriftModel.Configuration()
    configuration.pull = options["pull"].flatMap { Double($0) } ?? configuration.pull
    configuration.laneCount = number("lanes", configuration.laneCount)
    let model = DriftModel(configuration, rowCount: number("rows", 100))
    let lanes = LanePlan(rowCount: model.rowCount, laneCount: model.laneCount)
    let store = CheckpointStore(
      folder: options["folder"] ?? "checkpoints",
      identity: CheckpointIdentity(
        model: options["model"] ?? DriftModel.name, settings: configuration.storedTree,
        dataFingerprint: options["data"] ?? "0123", plan: lanes, programVersion: "1.0"))
    var state = FitState<DriftModel>(
      shared: model.start(),
      lanes: lanes.lanes(ofRank: everyone.rank, of: everyone.size).map {
        model.lane(lanes.rows(ofLane: $0))
      })
    if options["fresh"] != nil { try store.clear(with: everyone) }
    if let resumption = try store.resume(&state, with: everyone) {
      everyone.say("resumed at \(resumption.stepCount), written by \(resumption.programVersion)")
      for refusal in resumption.refusals { everyone.say("refused: \(refusal)") }
    }
    everyone.say("process \(getpid())")
    let workers = Workers(threadCount: 1)
    while state.stepCount < number("steps", 6) {
      let report = try model.step(&state.shared, &state.lanes, with: everyone, on: workers)
      state.stepCount += 1
      state.history.append(report.measures)
      if state.stepCount >= number("from", 1) {
        try store.save(state, with: everyone)
        everyone.say("saved \(state.stepCount)")
        fflush(nil)
      }
    }
    let rows = everyone.allGather(state.lanes.flatMap(\.saved)).flatMap { $0 }
    let numbers = rows.prefix(200) + state.shared.means + (state.history["mean"] ?? [])
    let bits = numbers.map { String($0.bitPattern, radix: 16) }
    everyone.say("end: \(state.shared.step) \(rows.reduce(0, +)) \(bits.joined(separator: " "))")
    everyone.say("\(everyone.agreementCount) agreements")
    return .success
  }
}
