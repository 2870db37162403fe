package muninn.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The files that a checkpoint is loaded from, by their names in its folder. Nothing else of a
 * folder is read, so nothing else has to be there.
 */
public final class CheckpointFiles {
  public static final String CONFIG = "config.json";

  /** All weights in one file. */
  public static final String WEIGHTS = "model.safetensors";

  /** Where the weights are in shards: which of them holds which tensor. */
  public static final String INDEX = ShardIndex.NAME;

  /** What is read beside the weights, as far as it is there; only the config has to be. */
  public static final List<String> TEXTS =
      List.of(
          CONFIG,
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja",
          "chat_template.json");

  private CheckpointFiles() {}

  /**
   * The shards that an index names, each once, in order.
   *
   * @throws muninn.UserException when the index is broken, or names what is no file of its folder
   */
  public static List<String> shards(Path index) {
    return new ArrayList<>(new TreeSet<>(ShardIndex.read(index).shardOf().values()));
  }

  /** The first file without which a folder cannot be opened, and that it does not have. */
  public static Optional<String> missing(Path folder) {
    if (!Files.exists(folder.resolve(CONFIG))) {
      return Optional.of(CONFIG);
    }
    if (Files.exists(folder.resolve(WEIGHTS))) {
      return Optional.empty();
    }
    Path index = folder.resolve(INDEX);
    return Files.exists(index)
        ? shards(index).stream().filter(shard -> !Files.exists(folder.resolve(shard))).findFirst()
        : Optional.of(WEIGHTS);
  }
}
