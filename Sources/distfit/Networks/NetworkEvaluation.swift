import Fitting
import Foundation
import Graphs
import Modeling

/// What is said about networks of cells with known classes.
struct NetworkEvaluation {
  /// Edges kept per vertex, as in the published protocol.
  static let tops = [1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 40]
  /// A hundred resolutions from .02 to 2, as there.
  static let resolutions = (1...100).map { Double($0) * 0.02 }

  let file: NetworkFile
  let labels: String
  let isPublished: Bool

  /// Figures with their names, for the table.
  func figures() throws -> [(String, Double)] {
    let (codes, names) = try file.classes(labels)
    let (neighbours, largest) = try file.neighbours("obsp")
    let tops = Self.tops.filter { largest == nil || $0 <= largest ?? 0 }
    let scores = try NetworkScores(
      neighbours, classes: codes, tops: tops.isEmpty ? [largest ?? 1] : tops,
      resolutions: Self.resolutions, isPublished: isPublished)
    var figures: [(String, Double)] = [
      ("cells", Double(codes.count)), ("classes", Double(names.count)),
    ]
    for mixing in scores.mixing {
      figures.append(("edges, top \(mixing.top)", Double(mixing.edgeCount)))
      figures.append(("assortativity, top \(mixing.top)", mixing.assortativity ?? .nan))
    }
    if let best = scores.bestMixing, let value = best.assortativity {
      figures += [("assortativity", value), ("assortativity at top", Double(best.top))]
    }
    let measures: [(String, (NetworkScores.Point) -> Double)] = [
      ("AMI", \.ami), ("balanced AMI", \.balancedAMI), ("ARI", \.ari),
      ("balanced ARI", \.balancedARI),
    ]
    for (name, measure) in measures {
      guard let best = scores.best(measure) else { continue }
      figures += [
        (name, measure(best)), ("\(name) at top", Double(best.top)),
        ("\(name) at resolution", best.resolution),
        ("\(name) communities", Double(best.communityCount)),
      ]
    }
    return figures
  }
}
