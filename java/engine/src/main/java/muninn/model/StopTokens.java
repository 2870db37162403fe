package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import muninn.files.Fields;
import muninn.files.Json;
import muninn.text.TokenizerFile;

/**
 * Tokens at which generation stops by default: what {@code config.json} and {@code
 * generation_config.json} call the end of text, and the tokenizer's own tokens for the end of a
 * text, the end of a turn, and the beginning of another text.
 */
final class StopTokens {
  private static final List<String> NAMES =
      List.of("<|end_text|>", "<|end_turn|>", "<|begin_text|>");
  private static final long MAX_BYTES = 4L << 20;

  private StopTokens() {}

  /** The ids, in that order. */
  static Set<Integer> read(Path directory, int vocabulary, Optional<TokenizerFile> tokenizer) {
    Set<Integer> ids = new LinkedHashSet<>();
    for (String name : new String[] {"config.json", "generation_config.json"}) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        addEndOfText(ids, file, vocabulary);
      }
    }
    tokenizer.ifPresent(
        file -> {
          for (String token : NAMES) {
            Integer id = file.addedId(token);
            if (id != null) {
              ids.add(id);
            }
          }
        });
    return Collections.unmodifiableSet(ids);
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
        throw new Fields(file, object)
            .wrong(
                "eos_token_id",
                "token ids from 0 to " + (vocabulary - 1),
                "correct the field, or download the file again");
      }
      ids.add(id.intValue());
    }
  }
}
