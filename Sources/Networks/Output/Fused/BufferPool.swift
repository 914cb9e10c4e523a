import Glibc
import Synchronization

/// Buffers that are used again from step to step, so that the system need not clear new pages each time.
final class BufferPool: Sendable {
  /// Memory aligned to 64 bytes, not initialised.
  struct Buffer: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private let free = Mutex<[Buffer]>([])

  deinit {
    free.withLock { buffers in
      for buffer in buffers { buffer.start.deallocate() }
    }
  }

  /// A buffer of at least that size: the smallest that will do, unless it is more than twice as large, for
  /// then someone else will want it.
  ///
  /// A new one is a little larger than asked for, because minibatches differ in their entries, and takes the
  /// place of one that has become too small for its purpose.
  func take(byteCount: Int) -> Buffer {
    let size = byteCount + byteCount / 8
    let (found, outgrown): (Buffer?, Buffer?) = free.withLock { buffers in
      func smallest(_ sizes: ClosedRange<Int>) -> Int? {
        buffers.indices.filter { sizes.contains(buffers[$0].byteCount) }
          .min { buffers[$0].byteCount < buffers[$1].byteCount }
      }
      if let index = smallest(byteCount...2 * size) { return (buffers.remove(at: index), nil) }
      let index = byteCount > 0 ? smallest(byteCount - byteCount / 4...byteCount) : nil
      return (nil, index.map { buffers.remove(at: $0) })
    }
    outgrown?.start.deallocate()
    return found ?? Buffer(start: .allocate(byteCount: size, alignment: 64), byteCount: size)
  }

  /// Gives a buffer back; the largest few are kept.
  func giveBack(_ buffer: Buffer) {
    let dropped: Buffer? = free.withLock { buffers in
      buffers.append(buffer)
      guard buffers.count > 64 else { return nil }
      let smallest = buffers.indices.min { buffers[$0].byteCount < buffers[$1].byteCount }
      return smallest.map { buffers.remove(at: $0) }
    }
    dropped?.start.deallocate()
  }

  /// Lays out memory with `carve`, once to count and once for good, and lends it to `body`.
  func withCarved<Layout>(_ carve: (inout Carver) -> Layout, body: (Layout) -> Void) {
    var counter = Carver(nil)
    _ = carve(&counter)
    let buffer = take(byteCount: counter.used)
    var carver = Carver(buffer.start)
    body(carve(&carver))
    giveBack(buffer)
  }
}

/// Takes typed, aligned pieces off a buffer, or counts how large it must be.
struct Carver {
  private(set) var used = 0
  private let start: UnsafeMutableRawPointer?

  /// Pieces of a buffer; nil only counts.
  init(_ start: UnsafeMutableRawPointer?) {
    self.start = start
  }

  /// Room for `count` values, aligned to 64 bytes.
  mutating func take<Value>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
    let place = used
    used += (count * MemoryLayout<Value>.stride + 63) & ~63
    guard let start else { return UnsafeMutablePointer(bitPattern: 64) ?? .allocate(capacity: 0) }
    return (start + place).bindMemory(to: Value.self, capacity: count)
  }
}
