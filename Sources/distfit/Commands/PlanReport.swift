import Commands
import Fitting
import Foundation
import Modeling

/// Plans and forecasts as results.
extension Report {
  /// The size of the data.
  mutating func addShape(_ shape: DataShape) {
    let genotypes = shape.companions[GenotypeShape.self]
    let (donors, variants) = (genotypes?.donorCount ?? 0, genotypes?.variantCount ?? 0)
    let ofGenotypes = variants == 0 ? "" : ", \(donors) donors × \(variants) variants"
    addRecord(
      "data",
      [
        "cells": .integer(shape.rowCount), "genes": .integer(shape.columnCount),
        "values": .integer(shape.nonZeroCount), "donors": .integer(donors),
        "variants": .integer(variants),
      ],
      text:
        "\(shape.rowCount) cells × \(shape.columnCount) genes, \(shape.nonZeroCount) values\(ofGenotypes)"
    )
  }

  /// Lanes, memory and messages on so many ranks each.
  mutating func addPlans(_ plans: [(plan: FitPlan, ranks: Int)]) {
    addTable(
      "plans",
      columns: [
        "ranks", "lanes", "memory_bytes", "disk_bytes", "opening_messages", "opening_bytes",
        "step_messages", "step_bytes", "epoch_messages", "epoch_bytes", "epoch_steps", "epochs",
      ],
      rows: plans.map { plan, ranks in
        [
          ranks, plan.laneCount, plan.memory.reduce(0) { $0 + $1.bytes }, plan.bytesOnDisk,
          plan.openingMessages, plan.openingBytes, plan.messagesPerStep, plan.bytesPerStep,
          plan.messagesPerEpoch, plan.bytesPerEpoch, plan.stepsPerEpoch, plan.epochs,
        ].map { .integer($0) }
      }, text: plans.map { text(of: $0.plan, $0.ranks) }.joined(separator: "\n"))
  }

  private func text(of plan: FitPlan, _ ranks: Int) -> String {
    let idle = max(0, ranks - plan.laneCount)
    let most = (plan.laneCount + ranks - 1) / ranks
    var lines = [
      "\(ranks) ranks: \(plan.laneCount) lanes, at most \(most) a rank"
        + (idle > 0 ? ", \(idle) ranks with nothing to do" : "")
    ]
    func add(_ name: String, _ value: String) { lines.append("  \(padded(name, 36)) \(value)") }
    for part in plan.memory { add(part.name, sizeText(part.bytes)) }
    add("memory of a rank", sizeText(plan.memory.reduce(0) { $0 + $1.bytes }))
    if plan.bytesOnDisk > 0 { add("data on disk (--scratch)", sizeText(plan.bytesOnDisk)) }
    if plan.openingMessages > 0 {
      add(
        "messages before the first step",
        "\(plan.openingMessages), together \(sizeText(plan.openingBytes))")
    }
    add(
      "messages of a step",
      "\(plan.messagesPerStep), together \(sizeText(plan.bytesPerStep)) (\(plan.bytesPerStep) bytes)"
    )
    add(
      "messages of an epoch",
      "\(plan.messagesPerEpoch) in \(plan.stepsPerEpoch) steps, together \(sizeText(plan.bytesPerEpoch))"
    )
    add("epochs", "\(plan.epochs)")
    return lines.joined(separator: "\n")
  }

  /// Seconds of an epoch, a line for each number of ranks, the first being one rank.
  ///
  /// - Parameter forecasts: of each network of the machine.
  mutating func addTimes(
    machine: PlannedMachine, stepsPerEpoch: Int, _ forecasts: [[EpochForecast]]
  ) {
    let networks = machine.networks
    let threads = machine.threads
    var lines = [
      "",
      "An epoch of \(stepsPerEpoch) steps, from steps measured on this machine with \(threads) thread\(threads == 1 ? "" : "s") a rank:",
      padded("ranks", 10) + padded("computing", 14)
        + networks.map { padded($0.name, 30) }.joined(),
    ]
    var rows: [[Value]] = []
    for line in forecasts[0].indices {
      let first = forecasts[0][line]
      var text = padded("\(first.ranks)", 10) + padded(secondsText(first.computing), 14)
      for (network, column) in zip(networks, forecasts) {
        let share = column[line].efficiency(alone: column[0].seconds)
        text += padded(
          "\(secondsText(column[line].seconds)), efficiency \(percentText(share))", 30)
        rows.append([
          .integer(first.ranks), .text(network.name), .number(first.computing),
          .number(column[line].seconds), .number(share),
        ])
      }
      lines.append(text)
    }
    lines.append(
      "Efficiency: time on one rank ÷ (ranks × time on them). More lanes and larger minibatches (--batch, --lanes) occupy more ranks."
    )
    addTable(
      "times",
      columns: ["ranks", "network", "computing_seconds", "epoch_seconds", "efficiency"],
      rows: rows, text: lines.joined(separator: "\n"))
  }

  private func secondsText(_ seconds: Double) -> String {
    seconds < 100 ? String(format: "%.3g s", seconds) : timeText(seconds)
  }

  private func percentText(_ share: Double) -> String {
    String(format: "%.3g %%", 100 * share)
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
  }
}
