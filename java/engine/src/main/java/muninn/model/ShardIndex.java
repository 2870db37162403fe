package muninn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;

/**
 * The index of a checkpoint in shards: which file holds which tensor. Index and shards must agree
 * both ways. A shard is named by a plain file name, so that an index cannot point outside its
 * folder; the file of that name may be a link, as downloads keep their files in one place and link
 * to them.
 *
 * @param shardOf file name by tensor name
 */
record ShardIndex(Path file, Map<String, String> shardOf) {
  static final String NAME = "model.safetensors.index.json";

  private static final long MAX_BYTES = 16L << 20;
  private static final String SUFFIX = ".safetensors";

  static ShardIndex read(Path file) {
    JsonNode map = Json.object(file, MAX_BYTES).path("weight_map");
    if (!(map instanceof ObjectNode object) || object.isEmpty()) {
      throw UserException.of(
          "%s: field weight_map is %s, wanted an object from tensor names to file names; download"
              + " the file again",
          file, Json.kind(map));
    }
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      if (!isPlainName(entry.getValue())) {
        throw UserException.of(
            "%s: tensor %s is said to be in %s, wanted a plain file name ending in %s, of a file in"
                + " the same folder; download the index again, and trust no folder it came with",
            file, Json.shortened(entry.getKey()), Json.kind(entry.getValue()), SUFFIX);
      }
      shardOf.put(entry.getKey(), entry.getValue().textValue());
    }
    return new ShardIndex(file, shardOf);
  }

  private static boolean isPlainName(JsonNode node) {
    if (!node.isTextual()) {
      return false;
    }
    String name = node.textValue();
    return name.endsWith(SUFFIX)
        && name.length() <= 255
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  /**
   * Opens every shard.
   *
   * @return all tensors, shard after shard in order of name, in file order within each
   */
  List<Tensor> open(WeightFiles files) {
    List<String> shards = new ArrayList<>(new LinkedHashSet<>(shardOf.values()));
    shards.sort(null);
    shards.forEach(this::requireShard);
    List<Tensor> tensors = new ArrayList<>();
    for (String shard : shards) {
      List<Tensor> found = Safetensors.open(file.resolveSibling(shard), files);
      checkAgreement(shard, found);
      tensors.addAll(found);
    }
    return tensors;
  }

  private void requireShard(String shard) {
    if (!Files.exists(file.resolveSibling(shard))) {
      throw UserException.of(
          "%s: no such file, but %s names it; download this shard into the folder",
          file.resolveSibling(shard), file.getFileName());
    }
  }

  private void checkAgreement(String shard, List<Tensor> found) {
    Set<String> names = new HashSet<>();
    for (Tensor tensor : found) {
      names.add(tensor.name());
      String wanted = shardOf.get(tensor.name());
      if (!shard.equals(wanted)) {
        throw UserException.of(
            "%s: holds tensor %s, which %s %s; index and shards are of different checkpoints:"
                + " download them together",
            tensor.file(),
            Json.shortened(tensor.name()),
            file.getFileName(),
            wanted == null ? "does not list" : "places in " + wanted);
      }
    }
    shardOf.forEach(
        (name, in) -> {
          if (in.equals(shard) && !names.contains(name)) {
            throw UserException.of(
                "%s: tensor %s is missing, which %s places there; index and shards are of different"
                    + " checkpoints: download them together",
                file.resolveSibling(shard), Json.shortened(name), file.getFileName());
          }
        });
  }
}
