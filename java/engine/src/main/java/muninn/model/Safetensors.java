package muninn.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import muninn.UserException;
import muninn.model.SafetensorsHeader.Entry;

/**
 * One safetensors file: eight bytes of header length (little-endian), a JSON header, the tensors'
 * bytes. As strict as the format's own validator: the tensors must cover the rest of the file
 * exactly, in one piece each, without holes or overlaps. Nothing is allocated from a stated length.
 */
final class Safetensors {
  /** The format's own limit. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final int LENGTH_BYTES = 8;
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String REMEDY = "; the file is damaged: download it again";

  private Safetensors() {}

  /**
   * Opens a file and checks it.
   *
   * @param files keeps it open
   * @return its tensors in file order
   * @throws UserException naming file, tensor, what was found and wanted, and the remedy
   */
  static List<Tensor> open(Path file, WeightFiles files) {
    WeightFiles.Open open = files.open(file);
    MemorySegment bytes = open.bytes();
    long headerBytes = headerBytes(file, bytes);
    long dataAt = LENGTH_BYTES + headerBytes;
    List<Entry> entries =
        SafetensorsHeader.parse(file, bytes.asSlice(LENGTH_BYTES, headerBytes)).stream()
            .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
            .toList();
    checkCover(file, entries, dataAt, bytes.byteSize());
    return entries.stream()
        .map(
            e ->
                new Tensor(
                    e.name(),
                    e.type(),
                    e.shape(),
                    bytes.asSlice(dataAt + e.begin(), e.bytes()),
                    file,
                    (from, to) -> open.read(dataAt + e.begin() + from, to)))
        .toList();
  }

  private static long headerBytes(Path file, MemorySegment bytes) {
    long fileBytes = bytes.byteSize();
    if (fileBytes < LENGTH_BYTES) {
      throw UserException.of(
          "%s: is %d bytes long, too short for a safetensors file, which begins with 8 bytes of"
              + " header length; download it again",
          file, fileBytes);
    }
    long stated = bytes.get(LENGTH, 0);
    if (stated < 0 || stated > MAX_HEADER_BYTES) {
      throw UserException.of(
          "%s: states a header of %s bytes, wanted at most %,d%s",
          file, Long.toUnsignedString(stated), MAX_HEADER_BYTES, REMEDY);
    }
    if (stated > fileBytes - LENGTH_BYTES) {
      throw UserException.of(
          "%s: states a header of %,d bytes, but only %,d follow in the file; it is truncated or"
              + " damaged: download it again",
          file, stated, fileBytes - LENGTH_BYTES);
    }
    return stated;
  }

  /** The entries, sorted by place, must fill the file from the header to its end. */
  private static void checkCover(Path file, List<Entry> entries, long dataAt, long fileBytes) {
    long covered = 0;
    Entry previous = null;
    for (Entry entry : entries) {
      checkSize(file, entry);
      if (entry.begin() < covered) {
        throw UserException.of(
            "%s: tensor %s at data bytes %d to %d overlaps tensor %s, which ends at %d%s",
            file, entry.shown(), entry.begin(), entry.end(), previous.shown(), covered, REMEDY);
      }
      if (entry.begin() > covered) {
        throw UserException.of(
            "%s: tensor %s begins at data byte %d, wanted %d: the bytes between belong to no"
                + " tensor%s",
            file, entry.shown(), entry.begin(), covered, REMEDY);
      }
      if (entry.end() > fileBytes - dataAt) {
        throw UserException.of(
            "%s: truncated: tensor %s needs bytes %,d to %,d of the file, which ends at %,d;"
                + " download it again",
            file,
            entry.shown(),
            // A lying offset may be near the top of a long: say it unsigned rather than negative.
            dataAt + entry.begin(),
            Math.max(entry.end(), dataAt + entry.end()),
            fileBytes);
      }
      covered = entry.end();
      previous = entry;
    }
    if (covered < fileBytes - dataAt) {
      throw UserException.of(
          "%s: %,d bytes follow the last tensor, wanted none%s",
          file, fileBytes - dataAt - covered, REMEDY);
    }
  }

  private static void checkSize(Path file, Entry entry) {
    long wanted = entry.type().bytes();
    for (long count : entry.shape()) {
      if (Math.multiplyHigh(wanted, count) != 0 || wanted * count < 0) {
        throw UserException.of(
            "%s: tensor %s has shape %s, more elements than can be counted%s",
            file, entry.shown(), entry.shape(), REMEDY);
      }
      wanted *= count;
    }
    if (wanted != entry.bytes()) {
      throw UserException.of(
          "%s: tensor %s has %,d bytes (data bytes %d to %d), wanted %,d for shape %s of %s%s",
          file,
          entry.shown(),
          entry.bytes(),
          entry.begin(),
          entry.end(),
          wanted,
          entry.shape(),
          entry.type(),
          REMEDY);
    }
  }
}
