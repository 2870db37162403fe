package muninn.lab.report;

import java.util.List;

/** A heading and what stands below it. */
public record Section(String title, List<Block> blocks) {

  public Section {
    blocks = List.copyOf(blocks);
  }

  public static Section of(String title, Block... blocks) {
    return new Section(title, List.of(blocks));
  }

  /** A part of a section: a paragraph, a picture or a table. */
  public sealed interface Block permits Text, Figure, Shown {}

  /** A paragraph. */
  public record Text(String text) implements Block {}

  /** A table to be read on the page; long ones are cut there, with a word on where the rest is. */
  public record Shown(Table table) implements Block {}
}
