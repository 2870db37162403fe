package muninn.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import muninn.UserException;
import muninn.files.Json;

/**
 * Tokens at which generation stops by default: what {@code config.json} and {@code
 * generation_config.json} call the end of text by number and {@code tokenizer_config.json} by name,
 * and Huginn's tokens for the end of a text, the end of a turn, and the beginning of another text.
 */
public final class StopTokens {
  private static final List<String> NAMES =
      List.of("<|end_text|>", "<|end_turn|>", "<|begin_text|>");
  private static final long MAX_BYTES = 4L << 20;

  private StopTokens() {}

  /**
   * The ids, in that order.
   *
   * @param tokenizer the id of a token by its text, or null; empty without a tokenizer
   * @throws UserException when a file is broken, or names a token that is not there
   */
  public static Set<Integer> read(
      Path directory, int vocabulary, Optional<Function<String, Integer>> tokenizer) {
    Set<Integer> ids = new LinkedHashSet<>();
    for (String name : new String[] {"config.json", "generation_config.json"}) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        addEndOfText(ids, file, vocabulary);
      }
    }
    tokenizer.ifPresent(
        idOf -> {
          addNamed(ids, directory, idOf);
          NAMES.stream().map(idOf).filter(Objects::nonNull).forEach(ids::add);
        });
    return Collections.unmodifiableSet(ids);
  }

  private static void addNamed(Set<Integer> ids, Path directory, Function<String, Integer> idOf) {
    Optional<String> name = TokenizerConfig.read(directory).specialTokens().text("eos_token");
    if (name.isPresent() && !name.get().isEmpty()) { // some writers have an empty one for none
      Integer id = idOf.apply(name.get());
      if (id == null) {
        throw UserException.of(
            "%s: the eos_token is %s, which tokenizer.json does not have, so no answer would end"
                + " there; correct the name, or download both files again",
            directory, Json.shortened(name.get()));
      }
      ids.add(id);
    }
  }

  /** {@code eos_token_id} is one id or a list of them. */
  private static void addEndOfText(Set<Integer> ids, Path file, int vocabulary) {
    ObjectNode object = Json.object(file, MAX_BYTES);
    JsonNode eos = object.path("eos_token_id");
    if (eos.isMissingNode() || eos.isNull()) {
      return;
    }
    for (JsonNode id : eos.isArray() ? eos : List.of(eos)) {
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= vocabulary) {
        throw UserException.of(
            "%s: field eos_token_id %s %s, wanted token ids from 0 to %d; correct the field, or"
                + " download the file again",
            file, eos.isArray() ? "holds" : "is", Json.kind(id), vocabulary - 1);
      }
      ids.add(id.intValue());
    }
  }
}
