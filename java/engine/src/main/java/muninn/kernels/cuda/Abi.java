package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.Launch;
import muninn.cuda.PinnedMemory;
import muninn.cuda.Stream;

/**
 * What a file of kernels says of itself ({@code abi.cuh}): where the fields of structs lie that
 * both sides know, and constants that launches are made of. The constants stand in the kernels
 * alone; layouts stand in both and are held against each other when a device is opened, so that a
 * changed field is a sentence and not a wrong result.
 */
final class Abi {
  private static final int ROOM = 64;
  private static final int ENTRY_BYTES = 16;

  private final String module;
  private final String file;
  private final Map<Long, Long> values = new HashMap<>(); // by the hashes of their names

  /**
   * Asks the loaded kernels, and waits.
   *
   * @param file such as {@code linear}
   * @throws UserException when they are of another build
   */
  Abi(Context context, Stream stream, Kernels kernels, String file) {
    this.module = kernels.module();
    this.file = file;
    try (PinnedMemory said = context.pinned((long) ROOM * ENTRY_BYTES)) {
      kernels.launch("abi_" + file, Launch.of(1, 1), said.deviceAddress(), ROOM);
      stream.synchronize();
      MemorySegment entries = said.segment();
      long count = entries.get(JAVA_LONG, 8);
      if (count >= ROOM) {
        throw new IllegalStateException(file + " says " + count + " things: make room for them");
      }
      for (int i = 1; i <= count; i++) {
        long at = (long) i * ENTRY_BYTES;
        values.put(entries.get(JAVA_LONG, at), entries.get(JAVA_LONG, at + 8));
      }
    }
  }

  /** A constant of the kernels. */
  int value(String name) {
    return Math.toIntExact(get(name));
  }

  private long get(String name) {
    Long value = values.get(hash(name));
    if (value == null) {
      throw otherBuild("%s says nothing of %s", file, name);
    }
    return value;
  }

  /**
   * Holds structs against the kernels'.
   *
   * @param structs with names, as all of their members have but padding
   * @throws UserException naming the first field that lies elsewhere
   */
  void check(StructLayout... structs) {
    for (StructLayout struct : structs) {
      String name = struct.name().orElseThrow();
      for (MemoryLayout member : struct.memberLayouts()) {
        if (member.name().isPresent()) {
          String field = member.name().get();
          long here = struct.byteOffset(PathElement.groupElement(field));
          long there = get(name + "." + field);
          if (here != there) {
            throw otherBuild(
                "%s.%s lies at byte %d in the kernels, and at %d here", name, field, there, here);
          }
        }
      }
      if (struct.byteSize() != get(name)) {
        throw otherBuild(
            "%s has %d bytes in the kernels, and %d here", name, get(name), struct.byteSize());
      }
    }
  }

  /**
   * Holds a constant that the host works with too against the kernels'.
   *
   * @throws UserException when they differ
   */
  void check(String name, int here) {
    if (value(name) != here) {
      throw otherBuild("%s is %d in the kernels, and %d here", name, value(name), here);
    }
  }

  private UserException otherBuild(String difference, Object... values) {
    return UserException.of(
        "%s: is of another build of Muninn: %s; build both again",
        module, String.format(Locale.ROOT, difference, values));
  }

  /** FNV-1a, as in {@code abi.cuh}. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
    }
    return hash;
  }
}
