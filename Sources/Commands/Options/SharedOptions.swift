import Fitting
public import Modeling
public import Storage

/// What every command takes.
struct EveryCommandOptions: ModelConfiguration {
  var config: String?
  var quiet = false
  var verbose = false

  static var settings: [Setting<EveryCommandOptions>] {
    [
      .text(
        "config", \.config, "<file>",
        "A run file in YAML or JSON with any of these names; words win over it."
      ).marked(.input),
      .flag("quiet", \.quiet, "Tell errors only."),
      .flag("verbose", \.verbose, "Tell every epoch and decision, too."),
    ]
  }

  /// How much is said; errors only where both are asked for.
  var level: ProgressLog.Level { quiet ? .quiet : verbose ? .verbose : .normal }
}

/// What every command that prints a result takes.
struct FormatOptions: ModelConfiguration {
  var format = ReportFormat.text

  static var settings: [Setting<FormatOptions>] {
    [.choice("format", \.format, "How the result is printed.")]
  }
}

/// A file to write.
public struct WrittenFile: ModelConfiguration {
  /// The file's name.
  public var path = ""
  /// Whether an existing file may be replaced.
  public var overwrite = false

  /// No file yet.
  public init() {}

  /// `--output` and `--overwrite`.
  public static var settings: [Setting<WrittenFile>] { settings("<file>", "The file to write.") }

  /// `--output`, which the command needs, and `--overwrite`.
  public static func settings(_ placeholder: String, _ summary: String) -> [Setting<WrittenFile>] {
    [
      .word("output", \.path, placeholder, summary).marked([.required, .output]),
      .overwrite(\.overwrite),
    ]
  }
}

/// A file to write, or the terminal.
public struct OptionalFile: ModelConfiguration {
  /// Its name; nil: standard output.
  public var path: String?
  /// Whether an existing file may be replaced.
  public var overwrite = false

  /// Nothing but standard output.
  public init() {}

  /// `--output` and `--overwrite`.
  public static var settings: [Setting<OptionalFile>] {
    settings("<file>", "A file for the result.")
  }

  /// `--output` and `--overwrite`.
  public static func settings(_ placeholder: String, _ summary: String) -> [Setting<OptionalFile>] {
    [
      .text("output", \.path, placeholder, summary).marked(.output), .overwrite(\.overwrite),
    ]
  }
}

/// What a user says of the lines of a table.
public enum OrientationChoice: String, CaseIterable, Sendable {
  /// Nothing: the names tell.
  case byNames = "by-names"
  /// A line a cell.
  case cellsByGenes = "cells-by-genes"
  /// A line a gene.
  case genesByCells = "genes-by-cells"
}

/// Which values of a file are meant.
public struct ValuePlace: ModelConfiguration {
  /// The modality; nil: the only one.
  public var modality: String?
  /// The matrix; nil: where counts usually are.
  public var layer: String?
  /// What the lines of a table are.
  public var orientation = OrientationChoice.byNames
  /// Whether decimals are rounded to counts.
  public var round = false

  /// Where values usually are.
  public init() {}

  /// `--modality` and `--layer`.
  public static var settings: [Setting<ValuePlace>] {
    [
      .text(
        "modality", \.modality, "<name>",
        "The modality of an .h5mu file, or a kind of features (feature_types); none: the only one, or Gene Expression of several kinds; all: features of all kinds."
      ),
      .text(
        "layer", \.layer, "<X|layers/NAME|raw/X|NAME>",
        "Where the values are; none: X if it holds counts, else layers/counts, else raw/X."),
      .choice(
        "orientation", \.orientation,
        "What the lines and columns of a table (.tsv, .csv) are."),
      .flag(
        "round", \.round,
        "Round values with decimals, as SoupX, CellBender or an EM write them, to counts."),
    ]
  }

  /// How the file is read.
  public var reading: ReadingChoice {
    var reading = ReadingChoice()
    reading.orientation = TableOrientation(rawValue: orientation.rawValue)
    reading.rounds = round
    return reading
  }

  /// The matrix that was named.
  public var matrix: MatrixSource? { layer.map(MatrixSource.init) }

  /// These values of a file.
  public func source(_ path: String) -> DataSource {
    var source = DataSource(path, modality: modality, matrix: matrix)
    source.reading = reading
    return source
  }
}

extension Setting {
  /// A fit to read, which the command needs.
  public static func fit(_ path: SettingPath<Configuration, String>) -> Setting {
    .word("fit", path, "<fit.h5ad>", "The fit.").marked([.operand, .required, .input])
  }

  /// `--overwrite`, off unless given.
  public static func overwrite(_ path: SettingPath<Configuration, Bool>) -> Setting {
    .flag("overwrite", path, "Replace the output if it exists.")
  }

  /// `--threads`: how many threads each rank has.
  public static func threads(_ path: SettingPath<Configuration, Int?>) -> Setting {
    .optionalInteger(
      "threads", path, in: 1...4096,
      "Threads of each rank; none: the processor cores it may use, shared by the ranks of its node."
    )
  }

  /// `--seed` of everything random.
  public static func seed(_ path: SettingPath<Configuration, Int>) -> Setting {
    .integer("seed", path, in: 0...Int.max, "Seed of everything random.")
  }
}
