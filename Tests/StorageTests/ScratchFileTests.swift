import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct ScratchFileTests {
  @Test func whatWasAddedIsReadAndNoFileRemains() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try ScratchFile(in: folder.path, needing: 300_000)
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    #expect(file.append(Array(bytes[..<70_000])) == 0)
    #expect(file.append(Array(bytes[70_000...])) == 70_000)
    #expect(file.append([]) == 200_000)
    for range in [0..<0, 0..<200_000, 69_990..<70_010, 199_999..<200_000] {
      #expect(file.read(range) == Array(bytes[range]))
    }
    #expect(file.failure == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func whatIsNotThereIsZerosAndAFailure() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try ScratchFile(in: folder.path, needing: 0)
    _ = file.append([1, 2, 3])
    #expect(file.read(0..<5) == [0, 0, 0, 0, 0])
    #expect(file.failure?.description.contains("cannot be read") == true)
    #expect(file.read(0..<3) == [1, 2, 3])
    #expect(file.failure != nil, "the first failure stays")
  }

  @Test func foldersWithoutRoomAreRefused() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (path, bytes, problem) in [
      (folder.path + "/none", 0, "is no folder"), ("/dev/null", 0, "is no folder"),
      (folder.path, 1 << 60, "has room for"),
    ] {
      let error = #expect(throws: StorageError.self) {
        _ = try ScratchFile(in: path, needing: bytes)
      }
      #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    }
  }
}
