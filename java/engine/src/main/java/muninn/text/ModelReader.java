package muninn.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.UserException;
import muninn.files.Json;

/** Reads the field {@code model} of a {@code tokenizer.json} as it streams by. */
final class ModelReader {
  /** Merges for each row of the embedding; published files have up to three. */
  private static final int MOST_MERGES = 16;

  private final Path file;
  private final int rows;
  private final JsonParser parser;
  private final Vocabulary vocabulary = new Vocabulary();
  private boolean hasVocabulary;

  /** Left and right pieces in turn. */
  private List<String> merges;

  private String unknown;
  private boolean fuseUnknown;
  private boolean byteFallback;
  private boolean wholePieces;

  /**
   * A reader that has not begun.
   *
   * @param rows rows of the embedding
   */
  ModelReader(Path file, int rows, JsonParser parser) {
    this.file = file;
    this.rows = rows;
    this.parser = parser;
  }

  Vocabulary vocabulary() {
    return vocabulary;
  }

  /** Reads the object at which the parser stands, to its end. */
  void read() throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw unusable("field model is no object");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "vocab" -> readVocabulary();
        case "merges" -> readMerges();
        case "type" -> only(value(field), "BPE");
        case "dropout" -> noDropout(value(field));
        case "continuing_subword_prefix", "end_of_word_suffix" -> only(value(field), "");
        case "unk_token" -> {
          Part token = value(field);
          unknown = token.isNull() ? null : token.text();
        }
        case "fuse_unk" -> fuseUnknown = value(field).flag(false);
        case "byte_fallback" -> byteFallback = value(field).flag(false);
        case "ignore_merges" -> wholePieces = value(field).flag(false);
        default -> parser.skipChildren();
      }
    }
  }

  /** A single value. */
  private Part value(String field) throws IOException {
    if (parser.currentToken().isStructStart()) {
      throw UserException.of(
          "%s: field model.%s is a list or an object, wanted a single value; download the file"
              + " again",
          file, field);
    }
    return new Part(file, "model." + field, Json.tree(parser));
  }

  private static void only(Part value, String wanted) {
    if (!value.isNull() && !value.text().equals(wanted)) {
      throw value.wrong(wanted.isEmpty() ? "null" : wanted);
    }
  }

  private static void noDropout(Part value) {
    if (!value.isNull() && !(value.node().isNumber() && value.node().doubleValue() == 0)) {
      throw value.wrong("null, since a prompt is always cut in the same way");
    }
  }

  private void readVocabulary() throws IOException {
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      JsonNode list = Json.NODES.textNode("a list, as of a Unigram model");
      throw new Part(file, "model.vocab", list).wrong("an object from pieces to ids, as of a BPE");
    }
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw unusable("field model.vocab is no object from pieces to ids");
    }
    hasVocabulary = true;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String piece = parser.currentName();
      boolean number = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
      int id = number ? id(file, rows, piece, parser.getBigIntegerValue().longValue()) : -1;
      String other = vocabulary.piece(id);
      if (!number || other != null) {
        throw UserException.of(
            "%s: token %s has %s, wanted an id of its own; download the file again",
            file,
            Json.shortened(piece),
            number ? "the id of token " + Json.shortened(other) : "no id");
      }
      if (!isText(piece)) {
        throw unusable("a token in field model.vocab has half a surrogate pair");
      }
      vocabulary.add(piece, id);
    }
  }

  /** An id as an index, if the embedding has a row for it. */
  static int id(Path file, int rows, String piece, long id) {
    if (id < 0 || id >= rows) {
      throw UserException.of(
          "%s: token %s has id %d, wanted at most %d: a vocabulary larger than the embedding,"
              + " which has %d rows; use the tokenizer and the weights of one checkpoint",
          file, Json.shortened(piece), id, rows - 1, rows);
    }
    return (int) id;
  }

  /** Whether each surrogate stands in a pair. */
  static boolean isText(String text) {
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  private void readMerges() throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw unusable("field model.merges is no list");
    }
    merges = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_ARRAY) {
        String left = parser.nextTextValue();
        String right = left == null ? null : parser.nextTextValue();
        if (right == null || parser.nextToken() != JsonToken.END_ARRAY) {
          throw unusable("an entry of field model.merges is no pair of texts");
        }
        merges.add(left);
        merges.add(right);
      } else {
        readLine(parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : null);
      }
      if (merges.size() / 2 > (long) MOST_MERGES * rows) {
        throw unusable("field model.merges has more than %,d entries", (long) MOST_MERGES * rows);
      }
    }
  }

  /** A merge as older files have it: two pieces with a space between them. */
  private void readLine(String line) {
    if (line == null) {
      throw unusable("an entry of field model.merges is no text");
    }
    if (line.startsWith("#version")) {
      return;
    }
    int space = line.indexOf(' ');
    if (space < 0 || space != line.lastIndexOf(' ')) {
      throw unusable(
          "the merge %s is not two pieces with a space between them", Json.shortened(line));
    }
    merges.add(line.substring(0, space));
    merges.add(line.substring(space + 1));
  }

  /** The model, after all of it was read. */
  Bpe model() {
    if (!hasVocabulary || merges == null) {
      throw unusable("field model.%s is missing", hasVocabulary ? "merges" : "vocab");
    }
    Merges ranked = new Merges(merges.size() / 2);
    Seams seams = new Seams();
    for (int i = 0; i < merges.size(); i += 2) {
      String left = merges.get(i);
      String right = merges.get(i + 1);
      ranked.add(piece(left), piece(right), piece(left + right));
      if (!left.isEmpty() && !right.isEmpty()) {
        seams.join(left, right);
      }
    }
    return new Bpe(
        file,
        vocabulary,
        ranked,
        seams,
        new Bpe.Options(unknown, fuseUnknown, byteFallback, wholePieces));
  }

  private int piece(String text) {
    int id = vocabulary.id(text);
    if (id < 0) {
      throw unusable(
          "field model.merges has %s, which is not in field model.vocab", Json.shortened(text));
    }
    return id;
  }

  private UserException unusable(String why, Object... args) {
    return UserException.of(
        "%s: not a usable tokenizer: %s; download the file again",
        file, String.format(Locale.ROOT, why, args));
  }
}
