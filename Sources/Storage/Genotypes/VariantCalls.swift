import CDistfitHTS
import Foundation
import Modeling

/// VCF and BCF files by htslib: GT, or DS rounded, or GP; the counted allele is ALT.
///
///     DS = P(one copy) + 2 P(two copies)      of the probabilities GP, where there is no DS
///
/// Genotypes that GT lacks are those of DS or GP, if the record has them (an imputation whose calls below a limit were
/// removed).
///
/// Records with several alternative alleles, or none, are left out and counted. A single allele (a man's X)
/// counts as two equal ones, as PLINK does.
enum VariantCalls {
  static func read(
    _ path: String, _ wanted: Chromosome?, in store: (any ByteStore)?
  ) throws(StorageError) -> GenotypeTable {
    let file = try Stream(path)
    var table = try GenotypeTable(path, donors: file.samples, what: "samples", in: store)
    guard !file.samples.isEmpty else {
      throw StorageError(file: path, problem: "has no samples: it lists variants without genotypes")
    }
    var values = [UInt8](repeating: 0, count: file.samples.count)
    var reals = [Float](repeating: 0, count: file.samples.count)
    var (several, none, rounded, changed, filled) = (0, 0, 0, 0, 0)
    var haploid: Int64 = 0
    while let variant = try file.next() {
      if let wanted, wanted != Chromosome(variant.chromosome) { continue }
      guard let alternative = variant.alternatives.first, variant.alternatives.count == 1 else {
        if variant.alternatives.isEmpty { none += 1 } else { several += 1 }
        continue
      }
      if try file.genotypes(&values, &haploid) {
        if values.contains(Genotypes.missing), try file.dosages(&reals) {
          filled += try fill(reals, &values, file)
        }
      } else {
        guard try file.dosages(&reals) else {
          throw file.error("has neither GT nor DS nor GP for its samples")
        }
        rounded += 1
        changed += try round(reals, &values, file)
      }
      table.append(
        Variant(
          name: variant.name, chromosome: variant.chromosome, position: variant.position,
          counted: alternative, other: variant.reference), values)
    }
    for (count, what) in [
      (several, "have several alternative alleles and are left out"),
      (none, "have no alternative allele and are left out"),
      (
        rounded,
        "have dosages (DS, GP) only, rounded to 0, 1, 2 (\(changed) values were no whole number)"
      ),
    ] where count > 0 {
      table.notes.append("\(path): \(count) variants \(what)")
    }
    if filled > 0 {
      table.notes.append(
        "\(path): \(filled) genotypes that GT lacks are taken from DS (or GP), rounded to 0, 1, 2")
    }
    if haploid > 0 {
      table.notes.append("\(path): \(haploid) genotypes of one allele count as two equal ones")
    }
    return table
  }

  /// Fills gaps by rounded dosages; how many.
  private static func fill(
    _ reals: [Float], _ values: inout [UInt8], _ file: Stream
  ) throws(StorageError) -> Int {
    var known = values
    _ = try round(reals, &known, file)
    var filled = 0
    for sample in values.indices where values[sample] == Genotypes.missing {
      values[sample] = known[sample]
      if known[sample] != Genotypes.missing { filled += 1 }
    }
    return filled
  }

  /// How many were no whole numbers.
  private static func round(
    _ reals: [Float], _ values: inout [UInt8], _ file: Stream
  ) throws(StorageError) -> Int {
    var changed = 0
    for (sample, real) in reals.enumerated() {
      guard let value = DosageTable.rounded(Double(real)) else {
        throw file.error(
          "has the dosage \(real) for \(file.samples[sample]), expected 0…2")
      }
      values[sample] = value
      if !real.isNaN, real != real.rounded() { changed += 1 }
    }
    return changed
  }
}

/// An open file, one record after the other.
private final class Stream {
  /// A record without its genotypes.
  struct Record {
    let name: String
    let chromosome: String
    let position: Int64
    let reference: String
    let alternatives: [String]
  }

  let samples: [String]
  private let path: String
  private let handle: UnsafeMutableRawPointer
  private var count = 0
  private var place = ""

  init(_ path: String) throws(StorageError) {
    self.path = path
    var problem = [CChar](repeating: 0, count: 256)
    guard let handle = distfit_hts_open(path, &problem, 256) else {
      throw StorageError(file: path, problem: Self.text(problem), systemCode: errno)
    }
    self.handle = handle
    var names: [String] = []
    for index in 0..<distfit_hts_sample_count(handle) {
      guard let bytes = distfit_hts_sample(handle, index),
        let name = String(validatingCString: bytes)
      else {
        throw StorageError(
          file: path, place: "sample \(index + 1)",
          problem: "has a name that is not UTF-8 (\(GzipText.adviceOnEncoding))")
      }
      names.append(name)
    }
    samples = names
  }

  deinit { distfit_hts_close(handle) }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  func next() throws(StorageError) -> Record? {
    var problem = [CChar](repeating: 0, count: 256)
    let status = distfit_hts_next(handle, &problem, 256)
    count += 1
    guard status != 0 else { return nil }
    guard status > 0 else {
      throw StorageError(file: path, place: "record \(count)", problem: Self.text(problem))
    }
    let alleles = (0..<distfit_hts_allele_count(handle)).map { index in
      String(cString: distfit_hts_allele(handle, index))
    }
    let record = Record(
      name: String(cString: distfit_hts_identifier(handle)),
      chromosome: String(cString: distfit_hts_chromosome(handle)),
      position: distfit_hts_position(handle), reference: alleles.first ?? "",
      alternatives: alleles.dropFirst().filter { $0 != "." && $0 != "<*>" && $0 != "<NON_REF>" })
    place = "record \(count) (\(record.chromosome):\(record.position))"
    return record
  }

  /// An error about the current record.
  func error(_ problem: String) -> StorageError {
    StorageError(file: path, place: place, problem: problem)
  }

  /// Whether the record has GT.
  func genotypes(_ values: inout [UInt8], _ haploid: inout Int64) throws(StorageError) -> Bool {
    let status = distfit_hts_genotypes(handle, &values, &haploid)
    if status < 0 { throw error("has a genotype of more than two alleles") }
    return status > 0
  }

  /// Whether the record has DS, or GP to make it from.
  func dosages(_ values: inout [Float]) throws(StorageError) -> Bool {
    let status = distfit_hts_dosages(handle, &values)
    if status == -2 {
      throw error(
        "has DS, which the header does not declare as Float (##FORMAT=<ID=DS,Number=1,Type=Float,…>)"
      )
    }
    if status < 0 { throw error("has a DS that is not one number for each sample") }
    if status > 0 { return true }
    let probabilities = distfit_hts_probabilities(handle, &values)
    if probabilities == -2 {
      throw error(
        "has GP, which the header does not declare as Float (##FORMAT=<ID=GP,Number=G,Type=Float,…>)"
      )
    }
    if probabilities < 0 {
      throw error("has a GP that is not three numbers (or two) for each sample")
    }
    return probabilities > 0
  }
}
