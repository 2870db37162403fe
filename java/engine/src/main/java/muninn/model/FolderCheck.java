package muninn.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.files.FileProblem;

/**
 * Whether a path is the folder of a checkpoint at all: a file, the folder of an adapter, or weights
 * of another program are often given instead, and each is said by its own name.
 */
final class FolderCheck {
  private static final String ADAPTER = "adapter_config.json";
  private static final String SNAPSHOTS = "snapshots"; // in the cache of models

  /** Weights of other programs, by the ends of their names. */
  private static final Predicate<String> OTHER_WEIGHTS =
      name -> name.matches(".*\\.(bin|pt|pth|ckpt|gguf|h5|msgpack|npz|onnx)");

  private FolderCheck() {}

  /**
   * @throws UserException saying what it is instead, and what to give
   */
  static void require(Path directory) {
    if (directory.toString().isEmpty()) {
      throw new UserException("the model's name is empty; give the folder of a checkpoint");
    }
    if (!Files.exists(directory)) {
      throw UserException.of(
          "%s: no such folder; give %s",
          directory,
          directory.toString().matches("https?:/.*")
              ? "OWNER/NAME of a model that 'muninn pull OWNER/NAME' has downloaded"
              : "the folder of a checkpoint in Hugging Face layout");
    }
    if (!Files.isDirectory(directory)) {
      throw UserException.of(
          "%s: is not a folder%s; give the folder that holds config.json and the weights",
          directory,
          directory.toString().endsWith(".gguf")
              ? ", and GGUF, which llama.cpp reads, is not read here"
              : "");
    }
    if (Files.isDirectory(directory.resolve(SNAPSHOTS))
        && !Files.exists(directory.resolve(CheckpointFiles.CONFIG))) {
      throw UserException.of(
          "%s: is where the cache of models keeps the revisions of one; give its OWNER/NAME, or a"
              + " folder in %s",
          directory, directory.resolve(SNAPSHOTS));
    }
    if (Files.exists(directory.resolve(ADAPTER))) {
      throw UserException.of(
          "%s: is there, so this is an adapter (LoRA), a change to another model's weights, and no"
              + " model; merge it into that model (merge_and_unload of peft), or take the file away"
              + " where the weights beside it are to answer without it",
          directory.resolve(ADAPTER));
    }
  }

  /**
   * The one file of weights, or the index of the shards; one file wins, as in the published
   * loaders.
   *
   * @throws UserException where there is neither
   */
  static Path weights(Path directory) {
    for (String name : List.of(CheckpointFiles.WEIGHTS, CheckpointFiles.INDEX)) {
      if (Files.exists(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw UserException.of(
        "%s: holds no weights, wanted %s, or shards with %s; download them%s",
        directory, CheckpointFiles.WEIGHTS, CheckpointFiles.INDEX, others(directory));
  }

  private static String others(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(OTHER_WEIGHTS.or(name -> name.endsWith(".safetensors")))
          .sorted()
          .findFirst()
          .map(FolderCheck::notRead)
          .orElse("");
    } catch (IOException e) {
      throw UserException.because(e, "cannot read %s: %s", directory, FileProblem.describe(e));
    }
  }

  private static String notRead(String name) {
    String why;
    if (name.matches(".*-\\d+-of-\\d+\\.safetensors")) {
      why = ", for without the index it is not known which tensors belong to the model";
    } else if (name.endsWith(".safetensors")) {
      why = ", for its name says neither that it is all nor which part";
    } else if (name.matches(".*\\.(bin|pt|pth|ckpt)")) {
      why = ", since such files run code when loaded";
    } else {
      why = ", for it is in another program's format";
    }
    return " (" + name + " is not read" + why + ")";
  }
}
