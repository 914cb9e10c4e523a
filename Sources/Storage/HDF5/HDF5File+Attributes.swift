import CDistfitHDF5

extension HDF5File {
  /// Whether an object has an attribute of that name.
  package func hasAttribute(_ place: String, _ name: String) -> Bool {
    distfit_hdf5_has_attribute(identifier, root(place), name) > 0
  }

  private func root(_ place: String) -> String { place.isEmpty ? "/" : place }

  private func describe(_ place: String, _ name: String) -> HDF5Description? {
    var raw = distfit_description()
    guard hasAttribute(place, name),
      distfit_hdf5_describe_attribute(identifier, root(place), name, &raw) >= 0
    else { return nil }
    return HDF5Description(raw)
  }

  /// A text attribute; nil where it is missing or no text.
  package func text(_ place: String, _ name: String) -> String? {
    guard let description = describe(place, name), description.kind == .text,
      description.shape.isEmpty
    else { return nil }
    return texts(place, name)?.first
  }

  /// All texts of an attribute; nil where it is missing or no text. An empty list of any type is empty.
  package func texts(_ place: String, _ name: String) -> [String]? {
    guard let description = describe(place, name) else { return nil }
    if description.count == 0 { return [] }
    let list = TextList()
    guard description.kind == .text,
      distfit_hdf5_read_attribute_texts(
        identifier, root(place), name, appendText, Unmanaged.passUnretained(list).toOpaque()) >= 0
    else { return nil }
    return list.texts
  }

  /// The whole numbers of an attribute, such as a shape; nil where it is missing or something else.
  package func integers(_ place: String, _ name: String) -> [Int]? {
    guard let description = describe(place, name), description.count <= 4096,
      case .integer = description.kind
    else { return nil }
    var values = [Int64](repeating: 0, count: description.count)
    guard
      distfit_hdf5_read_attribute(
        identifier, root(place), name, Int64.code, UInt64(values.count), &values) >= 0
    else { return nil }
    return values.map { Int($0) }
  }

  /// A truth value: h5py's boolean or a whole number; nil where it is missing or something else.
  package func flag(_ place: String, _ name: String) -> Bool? {
    guard let description = describe(place, name), description.count == 1 else { return nil }
    if description.kind != .boolean { return integers(place, name).map { $0 != [0] } }
    var value: Int8 = 0
    guard
      distfit_hdf5_read_attribute(identifier, root(place), name, HDF5Boolean.code, 1, &value) >= 0
    else { return nil }
    return value != 0
  }
}
