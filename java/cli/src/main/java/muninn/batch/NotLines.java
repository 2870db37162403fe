package muninn.batch;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Lines;

/**
 * Input that is no JSONL at all, as its beginning shows: packed, in another encoding, a table, one
 * JSON list, or JSON that goes over several lines. Answered line by line it would only be as many
 * errors as it has lines.
 */
final class NotLines {
  private static final int LOOKED_AT = 256;

  private NotLines() {}

  /**
   * The same input from its beginning on. Of a stream no more is awaited than it takes to see where
   * its first value ends.
   *
   * @param name what messages call it
   * @throws UserException saying what it is, and how it becomes JSONL
   */
  static InputStream refused(String name, InputStream in) throws IOException {
    BufferedInputStream looked = new BufferedInputStream(in);
    looked.mark(Lines.MAX_BYTES);
    byte[] beginning = new byte[LOOKED_AT];
    int count = Math.max(0, looked.read(beginning));
    String what = what(new String(beginning, 0, count, StandardCharsets.ISO_8859_1));
    looked.reset();
    if (what == null) {
      what = spread(new Beginning(looked));
      looked.reset();
    }
    if (what != null) {
      throw UserException.of("input %s is %s", name, what);
    }
    return looked;
  }

  /** What can be read and then read again. */
  private static final class Beginning extends FilterInputStream {
    private int left = Lines.MAX_BYTES;

    Beginning(InputStream in) {
      super(in);
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("values are read in blocks");
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      int read = left == 0 ? -1 : super.read(bytes, from, Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }

    @Override
    public void close() {
      // It is read on.
    }
  }

  /** By its mark, or by a zero in each of its first characters, which are ASCII. */
  private static boolean isUtf16(String first) {
    return first.startsWith("\u00ff\u00fe")
        || first.startsWith("\u00fe\u00ff")
        || first.matches("(?s)([!-~]\\x00){4}.*|(\\x00[!-~]){4}.*");
  }

  /** JSON of which the first value does not end on the line on which it begins. */
  private static String spread(InputStream in) throws IOException {
    try (JsonParser parser = Json.FACTORY.createParser(in)) {
      JsonToken first = parser.nextToken();
      int line = parser.currentTokenLocation().getLineNr();
      if (first == JsonToken.START_ARRAY) {
        boolean ofObjects = parser.nextToken() == JsonToken.START_OBJECT;
        return ofObjects || parser.currentTokenLocation().getLineNr() > line
            ? "one JSON list, wanted JSONL, an object a line: write it so, as with jq -c '.[]'"
            : null;
      }
      if (first == JsonToken.START_OBJECT) {
        parser.skipChildren();
        return parser.currentTokenLocation().getLineNr() > line
            ? "JSON that goes over several lines, wanted JSONL, an object a line: write it so, as"
                + " with jq -c ."
            : null;
      }
      return null;
    } catch (JsonProcessingException e) {
      return null; // a line that is wrong, which is answered as that
    }
  }

  private static String what(String first) {
    if (first.startsWith("\u001f\u008b")) {
      return "packed with gzip: unpack it, as in gunzip -c FILE | muninn batch - OUTPUT";
    }
    if (first.startsWith("(\u00b5/\u00fd")) {
      return "packed with Zstandard: unpack it, as in zstdcat FILE | muninn batch - OUTPUT";
    }
    if (first.startsWith("BZh") || first.startsWith("\u00fd7zXZ")) {
      return "packed with " + (first.startsWith("B") ? "bzip2" : "xz") + ": unpack it first";
    }
    if (first.startsWith("PK\3\4")) {
      return "a zip archive: unpack it first";
    }
    if (first.startsWith("PAR1")) {
      return "a Parquet file, wanted JSONL: write its rows as JSON, one a line";
    }
    if (first.startsWith("version https://git-lfs")) {
      return "a pointer of Git LFS, not the file that it stands for: fetch that with git lfs pull";
    }
    if (first.matches("(?is)\\s*<(!doctype|html|\\?xml)\\b.*")) {
      return "a web page or XML, wanted JSONL, an object a line";
    }
    if (isUtf16(first)) {
      return "UTF-16 text, wanted UTF-8: convert it, as with iconv -f UTF-16 -t UTF-8";
    }
    return null;
  }
}
