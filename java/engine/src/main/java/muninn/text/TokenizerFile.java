package muninn.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.files.Json;
import muninn.text.regex.Steps;

/**
 * A {@code tokenizer.json}, read and checked. Kinds of parts that are not implemented are refused
 * by name. Truncation and padding are passed over: a prompt that is too long is refused elsewhere.
 */
public final class TokenizerFile {
  public static final String NAME = "tokenizer.json";

  private static final long MAX_BYTES = 64L << 20;

  private final Path file;
  private final Bpe model;
  private final String[] pieces;
  private final Map<String, AddedToken> added;
  private final AddedTokens raw;
  private final AddedTokens normalized;
  private final Normalizer normalizer;
  private final PreTokenizer preTokenizer;
  private final List<Integer> prefix;
  private final Decoder decoder;

  private TokenizerFile(Scan scan) {
    file = scan.file;
    model = scan.bpe;
    added = scan.added;
    pieces = pieces(scan.model.vocabulary(), added);
    normalizer = Normalizer.read(scan.part("normalizer"));
    preTokenizer = PreTokenizer.read(scan.part("pre_tokenizer"));
    prefix = new PostProcessor(added).before(scan.part("post_processor"));
    decoder = Decoder.read(scan.part("decoder"));
    raw = new AddedTokens(trie(false));
    normalized = new AddedTokens(trie(true));
  }

  /**
   * Reads and checks a file.
   *
   * @param rows rows of the embedding; a token with an id from there on is refused
   * @throws UserException naming file, field or token, what was found and wanted, and the remedy
   */
  public static TokenizerFile read(Path file, int rows) {
    String json = Json.text(file, MAX_BYTES);
    try (JsonParser parser = Json.FACTORY.createParser(json)) {
      return new TokenizerFile(new Scan(file, rows, parser).run());
    } catch (JacksonException e) {
      throw new UserException(
          file + ": not valid JSON: " + Json.reason(e) + "; download the file again", e);
    } catch (IOException e) {
      throw Json.unreadable(file, e);
    }
  }

  /** The id of an added token such as {@code <|end_text|>}, or null. */
  public Integer addedId(String token) {
    AddedToken found = added.get(token);
    return found == null ? null : found.id();
  }

  /** The id of an added token or of a piece of the vocabulary, or null. */
  public Integer id(String token) {
    int id = Arrays.asList(pieces).indexOf(token);
    return id < 0 ? null : (Integer) id;
  }

  /**
   * The tokenizer that this file describes.
   *
   * @param begin the begin token by {@code tokenizer_config.json}, for a file whose post-processor
   *     adds none; null for none
   * @param blockSize the most tokens that a text may have
   */
  public Tokenizer open(String begin, int blockSize) {
    List<Integer> before = prefix;
    if (before.isEmpty() && begin != null && added.containsKey(begin)) {
      before = List.of(added.get(begin).id());
    }
    int[] ids = before.stream().mapToInt(Integer::intValue).toArray();
    return new BpeTokenizer(this, ids, blockSize);
  }

  private static String[] pieces(Vocabulary vocabulary, Map<String, AddedToken> added) {
    int ids = vocabulary.bound();
    for (AddedToken token : added.values()) {
      ids = Math.max(ids, token.id() + 1);
    }
    String[] pieces = new String[ids];
    for (int id = 0; id < vocabulary.bound(); id++) {
      pieces[id] = vocabulary.piece(id);
    }
    added.values().forEach(token -> pieces[token.id()] = token.content());
    return pieces;
  }

  /** The tokens that are looked for in the text as it is, or in the normalized text. */
  private TokenTrie trie(boolean inNormalized) {
    TokenTrie trie = new TokenTrie();
    for (boolean special : new boolean[] {true, false}) {
      for (AddedToken token : added.values()) {
        if (token.normalized() == inNormalized && token.special() == special) {
          trie.add(inNormalized ? normalized(token) : token.content(), token);
        }
      }
    }
    return trie;
  }

  private String normalized(AddedToken token) {
    String text;
    try {
      Steps steps = new Steps(1_000_000);
      text = normalizer.apply(Stretch.of(token.content()), steps).text();
    } catch (Steps.ExhaustedException e) {
      text = "";
    }
    if (text.isEmpty()) {
      throw UserException.of(
          "%s: added token %s cannot be normalized; use another checkpoint",
          file, Json.shortened(token.content()));
    }
    return text;
  }

  Path file() {
    return file;
  }

  Bpe model() {
    return model;
  }

  /** Vocabulary and added tokens by id, null where there is none. */
  String[] pieces() {
    return pieces;
  }

  /** Whether decoding may skip a piece: one that reads like a special token is one. */
  boolean isSpecial(String piece) {
    AddedToken token = added.get(piece);
    return token != null && token.special();
  }

  /** Ids of the special tokens by their texts. */
  Map<String, Integer> specialTokens() {
    Map<String, Integer> tokens = new HashMap<>();
    for (AddedToken token : added.values()) {
      if (token.special()) {
        tokens.put(token.content(), token.id());
      }
    }
    return tokens;
  }

  AddedTokens raw() {
    return raw;
  }

  AddedTokens normalized() {
    return normalized;
  }

  Normalizer normalizer() {
    return normalizer;
  }

  PreTokenizer preTokenizer() {
    return preTokenizer;
  }

  Decoder decoder() {
    return decoder;
  }

  /** One pass over the file. */
  private static final class Scan {
    private final Path file;
    private final int rows;
    private final JsonParser parser;
    private final JsonParser counted;
    private final ModelReader model;
    private Bpe bpe;
    private final Map<String, JsonNode> parts = new HashMap<>();
    private final Map<String, AddedToken> added = new LinkedHashMap<>();

    Scan(Path file, int rows, JsonParser parser) {
      this.file = file;
      this.rows = rows;
      this.parser = parser;
      counted = new CountedParser(file, parser);
      model = new ModelReader(file, rows, parser);
    }

    Part part(String field) {
      return new Part(file, field, parts.getOrDefault(field, Json.NODES.missingNode()));
    }

    Scan run() throws IOException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new UserException(file + ": is not a JSON object {…}; download the file again");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "model" -> model.read();
          case "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder" ->
              parts.put(field, Json.tree(counted));
          default -> parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) {
        throw new UserException(file + ": goes on after its JSON object; download the file again");
      }
      bpe = model.model();
      addedTokens();
      return this;
    }

    private void addedTokens() {
      Map<Integer, String> taken = new HashMap<>();
      int next = model.vocabulary().size();
      for (JsonNode node : parts.getOrDefault("added_tokens", Json.NODES.arrayNode())) {
        Part part = new Part(file, "added_tokens", node);
        String text = node.path("content").textValue();
        JsonNode id = node.path("id");
        if (text == null || text.isEmpty() || !ModelReader.isText(text) || !id.isIntegralNumber()) {
          throw new UserException(
              file + ": an entry of added_tokens lacks id or content; download the file again");
        }
        int stated = ModelReader.id(file, rows, text, id.canConvertToLong() ? id.longValue() : -1);
        if (taken.put(stated, text) != null || added.containsKey(text)) {
          throw UserException.of(
              "%s: added token %s or its id %d is there twice; download the file again",
              file, Json.shortened(text), stated);
        }
        // The library numbers them by itself, whatever the file says.
        int known = model.vocabulary().id(text);
        int wanted = known >= 0 ? known : next;
        if (stated != wanted) {
          throw UserException.of(
              "%s: added token %s has id %d, wanted %d, which follows from the vocabulary;"
                  + " download the file again",
              file, Json.shortened(text), stated, wanted);
        }
        next = Math.max(next, wanted + 1);
        added.put(text, AddedToken.read(part, stated));
      }
    }
  }

  /** Ends the reading of a file that holds more than any tokenizer does. */
  private static final class CountedParser extends JsonParserDelegate {
    /** Names, values and brackets beside the model; a published file has some ten thousand. */
    private static final int MOST = 2_000_000;

    private final Path file;
    private int count;

    CountedParser(Path file, JsonParser parser) {
      super(parser);
      this.file = file;
    }

    @Override
    public JsonToken nextToken() throws IOException {
      if (++count > MOST) {
        throw UserException.of(
            "%s: holds more than %,d values beside its model; download the file again", file, MOST);
      }
      return super.nextToken();
    }
  }
}
