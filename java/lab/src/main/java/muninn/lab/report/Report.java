package muninn.lab.report;

import java.util.List;

/**
 * What an instrument found: for people in sections, for programs in tables.
 *
 * @param title what was measured, on what, in a few words
 * @param summary the result in a sentence or three, with its numbers
 * @param header what it takes to repeat the run
 * @param tables all numbers; the files beside the page hold them whole
 */
public record Report(
    String title, String summary, Header header, List<Section> sections, List<Table> tables) {

  public Report {
    sections = List.copyOf(sections);
    tables = List.copyOf(tables);
  }

  /** The table of that name. */
  public Table table(String name) {
    return tables.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }
}
