package muninn.kernels.cuda;

import java.lang.foreign.MemorySegment;
import java.util.stream.LongStream;
import muninn.cuda.Context;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Stream;
import muninn.kernels.DType;

/**
 * Takes weights from a mapped file to device memory, through pinned memory that is filled by
 * several threads while the piece before crosses the bus. Elements of another type than wanted
 * cross it as they are and are converted on the device.
 */
final class Uploads {
  private static final long PIECE_BYTES = 32L << 20;
  private static final int PLACES = 3;
  // What one thread copies at a time: enough that starting it does not matter.
  private static final long COPY_BYTES = 1L << 20;

  private final Context context;
  private final Staging staging;
  private final Tokens tokens;
  private DeviceMemory scratch; // a piece in the stored type

  Uploads(Context context, Stream stream, Tokens tokens) {
    this.context = context;
    this.tokens = tokens;
    staging = new Staging(context, stream, PLACES);
  }

  /** New device memory of {@code elements} of type {@code to}, holding {@code data}. */
  DeviceMemory upload(DType from, DType to, long elements, MemorySegment data) {
    DeviceMemory memory = context.allocate(Math.max(1, elements * to.bytes()));
    long piece = PIECE_BYTES / from.bytes();
    for (long start = 0; start < elements; start += piece) {
      long count = Math.min(piece, elements - start);
      MemorySegment part = data.asSlice(start * from.bytes(), count * from.bytes());
      if (from == to) {
        staging.upload(part.byteSize(), host -> copy(part, host), memory, start * to.bytes());
      } else {
        if (scratch == null) {
          scratch = context.allocate(PIECE_BYTES);
        }
        staging.upload(part.byteSize(), host -> copy(part, host), scratch, 0);
        tokens.convert(from, scratch, to, memory, start, count);
      }
    }
    return memory;
  }

  private static void copy(MemorySegment from, MemorySegment to) {
    long bytes = from.byteSize();
    LongStream.range(0, Math.ceilDiv(bytes, COPY_BYTES))
        .parallel()
        .forEach(
            i -> {
              long at = i * COPY_BYTES;
              MemorySegment.copy(from, at, to, at, Math.min(COPY_BYTES, bytes - at));
            });
  }
}
