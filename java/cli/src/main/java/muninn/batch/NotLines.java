package muninn.batch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import muninn.files.Text;

/**
 * Input that is no JSONL at all, as its beginning shows: packed, in another encoding, a table, or
 * one JSON list. Answered line by line it would only be as many errors as it has lines.
 */
final class NotLines {
  private static final int LOOKED_AT = 256;

  private NotLines() {}

  /**
   * @throws UserException saying what the file is, and how it becomes JSONL
   */
  static void refuse(Path path) throws IOException {
    String first;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] beginning = Text.withoutMark(in.readNBytes(LOOKED_AT));
      first = new String(beginning, StandardCharsets.ISO_8859_1);
    }
    String what = what(first);
    if (what != null) {
      throw UserException.of("input %s is %s", path, what);
    }
  }

  private static String what(String first) {
    if (first.startsWith("\u001f\u008b")) {
      return "packed with gzip: unpack it, as in gunzip -c FILE | muninn batch - OUTPUT";
    }
    if (first.startsWith("(\u00b5/\u00fd")) {
      return "packed with Zstandard: unpack it, as in zstdcat FILE | muninn batch - OUTPUT";
    }
    if (first.startsWith("PK\3\4")) {
      return "a zip archive: unpack it first";
    }
    if (first.startsWith("PAR1")) {
      return "a Parquet file, wanted JSONL: write its rows as JSON, one a line";
    }
    if (first.startsWith("\u00ff\u00fe") || first.startsWith("\u00fe\u00ff")) {
      return "UTF-16 text, wanted UTF-8: convert it, as with iconv -f UTF-16 -t UTF-8";
    }
    if (first.matches("(?s)\\s*\\[\\s*\\{.*")) {
      return "one JSON list, wanted JSONL, an object a line: write it so, as with jq -c '.[]'";
    }
    return null;
  }
}
