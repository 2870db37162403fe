package muninn.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import muninn.files.Sha256;

/**
 * The ids that lines of a job have given themselves, and on which line each stood first. Of an id
 * only 128 bits of its SHA-256 are kept, so that eight million lines take some 400 MB and a chance
 * meeting is out of reach. An open hash table.
 */
public final class CustomIds {
  private static final int FIRST_CAPACITY = 1 << 10;

  private long[] high = new long[FIRST_CAPACITY];
  private long[] low = new long[FIRST_CAPACITY];
  private long[] lines = new long[FIRST_CAPACITY]; // 0 where the place is free
  private int size;

  /**
   * Notes the id of a line.
   *
   * @param id JSON's null where it has none
   * @return the line that had it before, or 0
   */
  long note(JsonNode id, long line) {
    if (id.isNull()) {
      return 0;
    }
    ByteBuffer hash =
        ByteBuffer.wrap(
            Sha256.begin().digest(((id.isTextual() ? "\"" : "") + id.asText()).getBytes(UTF_8)));
    long first = hash.getLong();
    long second = hash.getLong();
    int place = place(first, second);
    if (lines[place] != 0) {
      return lines[place];
    }
    put(place, first, second, line);
    size++;
    if (size > lines.length / 2) {
      grow();
    }
    return 0;
  }

  /** Where this hash is, or where it may be put. */
  private int place(long first, long second) {
    int place = (int) first & (lines.length - 1);
    while (lines[place] != 0 && !(high[place] == first && low[place] == second)) {
      place = (place + 1) & (lines.length - 1);
    }
    return place;
  }

  private void put(int place, long first, long second, long line) {
    high[place] = first;
    low[place] = second;
    lines[place] = line;
  }

  private void grow() {
    long[] oldHigh = high;
    long[] oldLow = low;
    long[] oldLines = lines;
    high = new long[2 * oldHigh.length];
    low = new long[2 * oldLow.length];
    lines = new long[2 * oldLines.length];
    for (int i = 0; i < oldLines.length; i++) {
      if (oldLines[i] != 0) {
        put(place(oldHigh[i], oldLow[i]), oldHigh[i], oldLow[i], oldLines[i]);
      }
    }
  }
}
