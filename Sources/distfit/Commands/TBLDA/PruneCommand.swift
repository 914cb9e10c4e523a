import ArgumentParser
import Collectives
import Fitting
import Modeling
import Storage

/// `distfit tblda prune donors.bed --output kept.txt`
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Choose variants that their neighbours do not tell, as plink --indep-pairwise does.",
    discussion: """
      Of two variants within the window whose genotypes correlate with r² above the limit, the one with the \
      rarer minor allele goes. Writes the names of those that stay, a line each, for plink --extract.
      """)

  @Argument(help: "Genotypes: PLINK .bed, VCF, BCF, or a table of dosages.") var genotypes: String
  @Option(help: "The file to write.") var output: String
  @Option(help: "Kilobases between the first and the last variant of a window.") var window = 200
  @Option(help: "The limit of r².") var r2 = 0.2
  @Option(help: "Variants of this chromosome only.") var chromosome: String?
  @Option(help: "The least frequency of the rarer allele.") var minimumFrequency = 0.0
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if window < 1 { throw ValidationError("--window must be 1 or more") }
    if !(0...1).contains(r2) { throw ValidationError("--r2 must lie between 0 and 1") }
    if !(0...0.5).contains(minimumFrequency) {
      throw ValidationError("--minimum-frequency must lie between 0 and 0.5")
    }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      try world.agree(on: "prune \(genotypes)") {
        guard world.isRoot else { return }
        let writer = try TableWriter(output, header: ["variant"], overwrite: common.overwrite)
        let (all, notes) = try GenotypeFile.read(genotypes, chromosome: chromosome)
        for note in notes { log.warning(note) }
        let usable = all.selecting(
          variants: all.variants(minimumFrequency: minimumFrequency, maximumMissing: 1))
        guard let kept = LinkagePruning(window: 1000 * window, limit: r2).kept(usable) else {
          throw ModelError(
            "\(genotypes): does not say where its variants are: columns chromosome and position are missing"
          )
        }
        for variant in kept { try writer.append([usable.variants.names[variant]]) }
        try writer.finish()
        log.note("\(output): \(kept.count) of \(all.variantCount) variants stay")
      }
      return .success
    }
  }
}
