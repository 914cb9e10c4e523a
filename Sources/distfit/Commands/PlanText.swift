import Fitting
import Foundation
import Modeling

/// Prints plans and forecasts.
enum PlanText {
  /// Lanes, memory and messages on so many ranks.
  static func show(_ plan: FitPlan, _ ranks: Int) {
    let idle = max(0, ranks - plan.laneCount)
    print(
      "\(ranks) ranks: \(plan.laneCount) lanes, at most \((plan.laneCount + ranks - 1) / ranks) a rank"
        + (idle > 0 ? ", \(idle) ranks with nothing to do" : ""))
    for part in plan.memory { print("  \(padded(part.name, 36)) \(sizeText(part.bytes))") }
    let total = plan.memory.reduce(0) { $0 + $1.bytes }
    print("  \(padded("memory of a rank", 36)) \(sizeText(total))")
    if plan.bytesOnDisk > 0 {
      print("  \(padded("data on disk (--scratch)", 36)) \(sizeText(plan.bytesOnDisk))")
    }
    if plan.openingMessages > 0 {
      print(
        "  \(padded("messages before the first step", 36)) \(plan.openingMessages), together \(sizeText(plan.openingBytes))"
      )
    }
    print(
      "  \(padded("messages of a step", 36)) \(plan.messagesPerStep), together \(sizeText(plan.bytesPerStep)) (\(plan.bytesPerStep) bytes)"
    )
    print(
      "  \(padded("messages of an epoch", 36)) \(plan.messagesPerEpoch) in \(plan.stepsPerEpoch) steps, together \(sizeText(plan.bytesPerEpoch))"
    )
    print("  \(padded("epochs", 36)) \(plan.epochs)")
  }

  /// A table of seconds an epoch, one line for each number of ranks, the first being one rank.
  static func showTimes(
    networks: [Network], threads: Int, stepsPerEpoch: Int,
    _ forecasts: (Network) -> [EpochForecast]
  ) {
    let columns = networks.map { forecasts($0) }
    print("")
    print(
      "An epoch of \(stepsPerEpoch) steps, from steps measured on this machine with \(threads) thread\(threads == 1 ? "" : "s") a rank:"
    )
    var header = padded("ranks", 10) + padded("computing", 14)
    for network in networks { header += padded(network.name, 30) }
    print(header)
    guard let first = columns.first else { return }
    for line in first.indices {
      var text =
        padded("\(first[line].ranks)", 10) + padded(secondsText(first[line].computing), 14)
      for column in columns {
        let share = column[line].efficiency(alone: column[0].seconds)
        text += padded(
          "\(secondsText(column[line].seconds)), efficiency \(percentText(share))", 30)
      }
      print(text)
    }
    print(
      "Efficiency: time on one rank ÷ (ranks × time on them). More lanes and larger minibatches (--batch, --lanes) occupy more ranks."
    )
  }

  private static func secondsText(_ seconds: Double) -> String {
    seconds < 100 ? String(format: "%.3g s", seconds) : timeText(seconds)
  }

  private static func percentText(_ share: Double) -> String {
    String(format: "%.3g %%", 100 * share)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
  }
}
