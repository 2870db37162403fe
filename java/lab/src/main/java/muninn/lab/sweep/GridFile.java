package muninn.lab.sweep;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import muninn.UserException;
import muninn.engine.Sampling;

/**
 * Reads a grid from YAML, or from JSON where the name ends in {@code .json}. Only plain data is
 * taken: no tags, no anchors, no key twice, no key that means nothing.
 */
public final class GridFile {
  private static final List<String> KEYS =
      List.of(
          "prompts",
          "limit",
          "max_tokens",
          "ignore_eos",
          "seed",
          "init_scale",
          "top_k",
          "top_p",
          "min_p",
          "repetition_penalty",
          "repeats",
          "grid");

  private static final int MOST_CELLS = 10_000;

  private GridFile() {}

  /**
   * Reads a file.
   *
   * @throws UserException naming file, key, what was found and what is wanted
   */
  public static Grid read(Path file) {
    Fields top = new Fields(tree(file), file.toString(), KEYS);
    Sampling sampling =
        new Sampling(
            0,
            top.integer("top_k", 0, 0),
            top.number("top_p", 1),
            top.number("min_p", 0),
            top.number("repetition_penalty", 1),
            top.whole("seed", 0));
    Grid grid =
        new Grid(
            prompts(file, top),
            top.integer("limit", 0, 1),
            top.integer("max_tokens", 0, 1),
            top.bool("ignore_eos", false),
            sampling,
            top.number("init_scale", 1),
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
  private static Optional<String> prompts(Path file, Fields top) {
    return top.string("prompts")
        .map(
            name ->
                PromptFile.isRandom(name)
                    ? name
                    : file.toAbsolutePath().resolveSibling(name).normalize().toString());
  }

  private static List<Setting> settings(Fields top) {
    List<Setting> settings = new ArrayList<>();
    for (Fields block : top.blocks("grid", GridBlock.KEYS)) {
      settings.addAll(new GridBlock(block).settings());
    }
    return settings;
  }

  private static JsonNode tree(Path file) {
    boolean json = file.toString().endsWith(".json");
    ObjectMapper mapper =
        (json ? JsonMapper.builder() : YAMLMapper.builder())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    try {
      String text = Files.readString(file);
      if (!json) {
        refuseTags(mapper, text, file);
      }
      JsonNode tree = mapper.readTree(text);
      if (!tree.isObject()) {
        throw UserException.of("%s: wanted keys and values, with the key grid among them", file);
      }
      return tree;
    } catch (MalformedInputException e) {
      throw UserException.because(e, "%s is not UTF-8 text", file);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw UserException.because(
          e,
          "%s is not valid %s%s: %s",
          file,
          json ? "JSON" : "YAML",
          line > 0 ? " at line " + line : "",
          problem(e.getOriginalMessage()));
    } catch (IOException e) {
      throw UserException.because(
          e,
          "%s: cannot be read as a grid (%s)",
          file,
          Files.exists(file) ? e.getMessage() : "no such file");
    }
  }

  /** Without where the libraries say the source is, and what it looks like. */
  private static String problem(String message) {
    return message
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith(" "))
        .map(line -> line.replaceFirst(" \\(start marker at .*\\)$", ""))
        .collect(Collectors.joining(", "));
  }

  private static void refuseTags(ObjectMapper mapper, String text, Path file) throws IOException {
    try (JsonParser parser = mapper.createParser(text)) {
      while (parser.nextToken() != null) {
        boolean alias = parser instanceof YAMLParser yaml && yaml.isCurrentAlias();
        if (parser.getTypeId() != null || parser.getObjectId() != null || alias) {
          throw UserException.of(
              "%s line %d: a grid is plain data, without YAML tags, anchors or aliases: write the"
                  + " value itself",
              file, parser.currentTokenLocation().getLineNr());
        }
      }
    }
  }
}
