public import Modeling

/// What of the data is read, and where it is kept.
public struct DataRequest: Sendable {
  /// What the values are.
  public var kind: ValueKind
  /// How many modalities are taken.
  public var modalities: ModalityRequest
  /// The columns of a fitted model, found by name and brought into its order; nil: all as they are. Of one modality only.
  public var columns: [String]?
  /// The modalities of a fitted model of several: what the file has of them is brought into their order and that of their
  /// columns, what it lacks is a modality that no row has. Empty: all as they are.
  public var fitted: [FittedModality] = []
  /// Matrices of `obsm` and `varm` to be read as well.
  public var attachments: Attachments
  /// The folder of a file in which counts are kept; nil: in memory. Of one modality only.
  public var scratch: String?

  /// Values of one modality in memory, unless told otherwise.
  public init(
    kind: ValueKind, modalities: ModalityRequest = .one, columns: [String]? = nil,
    attachments: Attachments = Attachments(), scratch: String? = nil
  ) {
    self.kind = kind
    self.modalities = modalities
    self.columns = columns
    self.attachments = attachments
    self.scratch = scratch
  }

  /// What a model with these settings reads.
  public init<Fitted: Model>(for model: Fitted.Type, _ configuration: Fitted.Configuration) {
    self.init(
      kind: Fitted.values(configuration), modalities: Fitted.modalities(configuration),
      attachments: Fitted.attachments(configuration))
  }
}
