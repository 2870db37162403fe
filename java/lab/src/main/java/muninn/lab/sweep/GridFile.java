package muninn.lab.sweep;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import muninn.UserException;
import muninn.engine.request.RequestOption;
import muninn.engine.request.RequestOptions;
import muninn.engine.request.SamplingOptions;
import muninn.files.FileProblem;
import muninn.files.Json;
import muninn.files.Text;

/** Reads a grid from JSON: no key twice, none that means nothing. */
public final class GridFile {
  /** What a grid reads itself, and what its blocks vary. */
  private static final List<RequestOption<?>> OTHERS =
      List.of(SamplingOptions.MAX_TOKENS, SamplingOptions.TEMPERATURE);

  /** The options that a grid says once, for all of its cells. */
  private static final List<RequestOption<?>> OPTIONS =
      RequestOptions.ALL.stream()
          .filter(option -> option.group() == RequestOption.Group.SAMPLING)
          .filter(option -> !OTHERS.contains(option))
          .toList();

  private static final List<String> KEYS =
      Stream.of(
              Stream.of("prompts", "limit", SamplingOptions.MAX_TOKENS.name()),
              OPTIONS.stream().map(RequestOption::name),
              Stream.of("watched", "repeats", "grid"))
          .flatMap(names -> names)
          .toList();

  private static final int MOST_CELLS = 10_000;
  private static final int MAX_BYTES = 16 << 20;

  private GridFile() {}

  /** The names of the options that stand beside the grid, for a user to see. */
  public static String optionNames() {
    return String.join(", ", OPTIONS.stream().map(RequestOption::name).toList());
  }

  /**
   * Reads a file.
   *
   * @throws UserException naming file, key, what was found and what is wanted
   */
  public static Grid read(Path file) {
    GridFields top = new GridFields(tree(file), file.toString(), KEYS);
    Grid grid =
        new Grid(
            prompts(file, top),
            top.integer("limit", 0, 1),
            top.integer(SamplingOptions.MAX_TOKENS.name(), 0, 1),
            top.options(OPTIONS),
            top.integer("watched", 0, 1),
            top.integer("repeats", 1, 1),
            settings(top));
    if (grid.cells().size() > MOST_CELLS) {
      throw UserException.of(
          "%s: the grid has %d cells, at most %d make a sweep: leave some values out",
          file, grid.cells().size(), MOST_CELLS);
    }
    return grid;
  }

  /** A path beside the grid's file, or made-up prompts. */
  private static Optional<String> prompts(Path file, GridFields top) {
    return top.string("prompts")
        .map(
            name ->
                PromptFile.isRandom(name)
                    ? name
                    : file.toAbsolutePath().resolveSibling(name).normalize().toString());
  }

  private static List<Setting> settings(GridFields top) {
    List<Setting> settings = new ArrayList<>();
    for (GridFields block : top.blocks("grid", GridBlock.KEYS)) {
      settings.addAll(new GridBlock(block).settings());
    }
    return settings;
  }

  private static JsonNode tree(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      throw UserException.of(
          "%s: a grid is a JSON file: write the same keys and values as JSON, as in"
              + " docs/depth.json",
          file);
    }
    try (InputStream in = Files.newInputStream(file);
        JsonParser parser = Json.FACTORY.createParser(Text.read(in, file.toString(), MAX_BYTES))) {
      JsonNode tree = parser.nextToken() == null ? Json.NODES.missingNode() : Json.tree(parser);
      if (!tree.isObject()) {
        throw UserException.of(
            "%s: holds %s, wanted a JSON object {…} with the key grid", file, Json.kind(tree));
      }
      if (parser.nextToken() != null) {
        throw UserException.of("%s: goes on after its JSON object: leave that out", file);
      }
      return tree;
    } catch (JacksonException e) {
      throw UserException.because(e, "%s: is not valid JSON: %s", file, Json.reason(e));
    } catch (IOException e) {
      throw UserException.because(
          e,
          "%s: cannot be read as a grid (%s)",
          file,
          Files.exists(file) ? FileProblem.describe(e) : "no such file");
    }
  }
}
