package muninn.lab.counters;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import muninn.files.Json;

/**
 * What the emulated device counted of one launch, of its sampled blocks alone.
 *
 * @param threads of a block
 * @param blocks of the launch
 * @param sampled of them were counted
 * @param alone whether the others did not run, so that nobody came last to anything
 * @param warps of the sampled blocks
 * @param copiesWaited waits for asynchronous copies that any of a block's threads came to
 * @param onTheirWay bytes of a block on their way when a wait begins, in the middle of all waits
 * @param leftOnTheirWay when it ends
 * @param mostRead bytes of sectors that the block that reads most asks for
 * @param read the same of all sampled blocks
 */
record LaunchCount(
    String kernel,
    List<Integer> grid,
    int threads,
    int sharedBytes,
    boolean programmatic,
    long blocks,
    long sampled,
    boolean alone,
    long warps,
    List<Parameter> parameters,
    Shared shared,
    List<Conflict> conflicts,
    long copiesWaited,
    long onTheirWay,
    long leftOnTheirWay,
    long barriers,
    long fences,
    long atomics,
    long mma,
    long globalLoads,
    long globalStores,
    long asyncCopies,
    long sharedLoads,
    long sharedStores,
    long mostRead,
    long read) {

  /**
   * Accesses of warps to global memory.
   *
   * @param bytes that some lane wants, each once a request
   * @param sectors of 32 bytes
   * @param lines of 128 bytes
   */
  record Traffic(long requests, long bytes, long sectors, long lines) {
    static final Traffic NONE = new Traffic(0, 0, 0, 0);

    Traffic plus(Traffic other) {
      return new Traffic(
          requests + other.requests,
          bytes + other.bytes,
          sectors + other.sectors,
          lines + other.lines);
    }

    /** Bytes wanted of those moved; null where nothing is. */
    Double efficiency() {
      return sectors == 0 ? null : bytes / (double) (SECTOR * sectors);
    }
  }

  /**
   * Memory that a kernel got by one of its parameters, or {@code other}.
   *
   * @param reads loads and asynchronous copies
   * @param sectorsRead different ones
   */
  record Parameter(
      String name, Traffic reads, Traffic stores, long sectorsRead, long sectorsWritten) {}

  /** Accesses to shared memory. */
  record Shared(long requests, long wavefronts, long least) {}

  /** A place in the code where banks of shared memory are in each other's way. */
  record Conflict(String at, Shared shared) {}

  static final int SECTOR = 32; // bytes

  /** Of the array that the device tells. */
  static List<LaunchCount> parse(String json) {
    try (JsonParser parser = Json.FACTORY.createParser(json)) {
      parser.nextToken();
      List<LaunchCount> all = new ArrayList<>();
      Json.tree(parser).forEach(node -> all.add(of(node)));
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LaunchCount of(JsonNode node) {
    List<Integer> grid = ints(node.get("grid"));
    List<Parameter> parameters = new ArrayList<>();
    node.get("parameters").forEach(p -> parameters.add(parameter(p)));
    List<Conflict> conflicts = new ArrayList<>();
    JsonNode shared = node.get("shared");
    shared.get("conflicts").forEach(c -> conflicts.add(new Conflict(c.get("at").asText(), of3(c))));
    JsonNode waits = node.get("waits");
    return new LaunchCount(
        node.get("kernel").asText(),
        grid,
        ints(node.get("block")).stream().reduce(1, (a, b) -> a * b),
        node.get("dynamic_shared").asInt() + node.get("static_shared").asInt(),
        node.get("programmatic").asBoolean(),
        node.get("blocks").asLong(),
        node.get("sampled").asLong(),
        node.get("alone").asBoolean(),
        node.get("warps").asLong(),
        List.copyOf(parameters),
        of3(shared),
        List.copyOf(conflicts),
        waits.get("count").asLong(),
        waits.get("before").asLong(),
        waits.get("after").asLong(),
        node.get("barriers").asLong(),
        node.get("fences").asLong(),
        node.get("atomics").asLong(),
        node.get("mma").asLong(),
        node.get("global_loads").asLong(),
        node.get("global_stores").asLong(),
        node.get("async_copies").asLong(),
        node.get("shared_loads").asLong(),
        node.get("shared_stores").asLong(),
        node.get("most_read").asLong(),
        node.get("read").asLong());
  }

  private static Parameter parameter(JsonNode node) {
    return new Parameter(
        node.get("name").asText(),
        traffic(node.get("loads")).plus(traffic(node.get("copies"))),
        traffic(node.get("stores")),
        node.get("sectors_read").asLong(),
        node.get("sectors_written").asLong());
  }

  private static Traffic traffic(JsonNode node) {
    return new Traffic(
        node.get("requests").asLong(),
        node.get("bytes").asLong(),
        node.get("sectors").asLong(),
        node.get("lines").asLong());
  }

  private static Shared of3(JsonNode node) {
    return new Shared(
        node.get("requests").asLong(), node.get("wavefronts").asLong(), node.get("least").asLong());
  }

  private static List<Integer> ints(JsonNode node) {
    List<Integer> all = new ArrayList<>();
    node.forEach(n -> all.add(n.asInt()));
    return List.copyOf(all);
  }
}
