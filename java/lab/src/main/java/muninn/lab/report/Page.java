package muninn.lab.report;

import static muninn.lab.report.HtmlText.escaped;
import static muninn.lab.report.HtmlText.unbroken;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import muninn.lab.report.Section.Block;

/**
 * A report as one HTML page: texts and tables as they are, charts as option objects that the page's
 * own script hands to ECharts, which stands in the page too. The page's policy lets it run these
 * two scripts, known by their hashes, and fetch nothing.
 */
final class Page {
  /** What a page is known by. */
  static final String GENERATOR = "<meta name=\"generator\" content=\"muninn\">";

  private static final int MOST_ROWS = 200;

  /** What a reader wants to know before the first figure. */
  private static final List<String> OPENING = List.of("Model", "Device", "Processor", "Date");

  private final StringBuilder out = new StringBuilder();
  private final String files;
  private int charts;

  private Page(String files) {
    this.files = files;
  }

  /**
   * @param files what the files beside it begin with
   */
  static String of(Report report, String files) {
    return new Page(files).whole(report);
  }

  private String whole(Report report) {
    boolean drawn =
        report.sections().stream().flatMap(s -> s.blocks().stream()).anyMatch(Page::isFigure);
    List<String> scripts =
        drawn ? List.of(resource(ChartScript.PATH), resource("report.js")) : List.of();
    out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append(GENERATOR).append('\n');
    out.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
    out.append("<meta http-equiv=\"Content-Security-Policy\" content=\"")
        .append(policy(scripts))
        .append("\">\n");
    out.append("<link rel=\"icon\" href=\"data:,\">\n");
    element("title", report.title());
    out.append("<style>\n").append(resource("report.css")).append("</style>\n</head>\n<body>\n");
    out.append("<main>\n");
    opening(report);
    report.sections().forEach(this::section);
    out.append("</main>\n");
    repeat(report);
    scripts.forEach(s -> out.append("<script>").append(s).append("</script>\n"));
    return out.append("</body>\n</html>\n").toString();
  }

  private static boolean isFigure(Block block) {
    return block instanceof Figure;
  }

  /** Styles and scripts of its own, data in its links, nothing else. */
  private static String policy(List<String> scripts) {
    List<String> hashes = new ArrayList<>();
    for (String script : scripts) {
      hashes.add("'sha256-" + sha256(script) + "'");
    }
    return "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:;"
        + " style-src 'unsafe-inline'; script-src "
        + (hashes.isEmpty() ? "'none'" : String.join(" ", hashes));
  }

  private static String sha256(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void opening(Report report) {
    Map<String, String> lines = report.header().lines();
    out.append("<header class=\"open\">\n<div>\n");
    element("h1", report.title());
    element("p", report.summary());
    out.append("</div>\n<dl>\n");
    for (String name : OPENING) {
      definition(name, lines.get(name));
    }
    out.append("</dl>\n</header>\n");
  }

  private void repeat(Report report) {
    out.append("<section class=\"repeat\">\n<h2>How to repeat this</h2>\n<dl>\n");
    report.header().lines().forEach(this::definition);
    out.append("</dl>\n<p class=\"note\">The same numbers for programs: ");
    link(".json", Optional.empty());
    for (Table table : report.tables()) {
      out.append(", ");
      link("." + table.name() + ".csv", Optional.of(table.note()));
    }
    out.append(".</p>\n</section>\n");
  }

  private void definition(String name, String value) {
    element("dt", name);
    String text = escaped(value);
    out.append("<dd>")
        .append(name.equals("Command") ? "<code>" + text + "</code>" : text)
        .append("</dd>\n");
  }

  private void link(String end, Optional<String> note) {
    String file = URLEncoder.encode(files + end, StandardCharsets.UTF_8).replace("+", "%20");
    out.append("<a href=\"").append(file).append("\">").append(escaped(files + end)).append("</a>");
    note.ifPresent(text -> out.append(" (").append(escaped(text)).append(')'));
  }

  private void section(Section section) {
    out.append("<section>\n");
    element("h2", section.title());
    List<Figure> figures = new ArrayList<>();
    for (Block block : section.blocks()) {
      if (block instanceof Figure figure) {
        figures.add(figure);
        continue;
      }
      figures(figures);
      switch (block) {
        case Section.Text text -> element("p", text.text());
        case Section.Shown shown -> table(shown.table(), "shown");
        case Figure _ -> throw new AssertionError();
      }
    }
    figures(figures);
    out.append("</section>\n");
  }

  /**
   * Figures that follow each other, two side by side where there is room; of an odd number the
   * first takes all of it.
   */
  private void figures(List<Figure> figures) {
    if (figures.isEmpty()) {
      return;
    }
    boolean small = figures.size() > 2 && figures.stream().allMatch(f -> isSmall(f.chart()));
    out.append(small ? "<div class=\"figures small\">\n" : "<div class=\"figures\">\n");
    int left = 0; // of those that may stand side by side
    for (int i = 0; i < figures.size(); i++) {
      if (left == 0) {
        left = narrow(figures.subList(i, figures.size()));
      }
      boolean wide =
          left == 0 || (!small && left % 2 == 1 && (i == 0 || isWide(figures.get(i - 1))));
      figure(figures.get(i), wide);
      left = Math.max(0, left - 1);
    }
    out.append("</div>\n");
    figures.clear();
  }

  /** How many of the first ones need not all the width. */
  private static int narrow(List<Figure> figures) {
    return (int) figures.stream().takeWhile(figure -> !isWide(figure)).count();
  }

  private static boolean isWide(Figure figure) {
    return figure.chart().wide();
  }

  private static boolean isSmall(Chart chart) {
    return chart instanceof ScatterChart scatter && scatter.square();
  }

  private void figure(Figure figure, boolean wide) {
    String id = "chart-" + ++charts;
    Chart chart = figure.chart();
    out.append(wide ? "<figure class=\"wide\">\n" : "<figure>\n");
    element("h3", figure.title());
    out.append(
        String.format(
            Locale.ROOT,
            "<div class=\"chart\" data-option=\"%s\" style=\"height:%dpx\" role=\"img\""
                + " aria-label=\"%s\"></div>\n",
            id,
            chart.height(),
            escaped(figure.title() + ". " + figure.note())));
    out.append(String.format(Locale.ROOT, "<script type=\"application/json\" id=\"%s\">", id))
        .append(ChartOption.json(chart.option()))
        .append("</script>\n");
    if (!figure.note().isEmpty()) {
      element("figcaption", figure.note());
    }
    Table numbers = chart.numbers();
    if (numbers.rows().size() <= MOST_ROWS) {
      out.append("<details><summary>Numbers</summary>\n");
      table(numbers, "numbers");
      out.append("</details>\n");
    }
    out.append("</figure>\n");
  }

  private void table(Table table, String kind) {
    List<Integer> columns = table.headed();
    if (!table.note().isEmpty()) {
      out.append("<p class=\"caption\">").append(escaped(table.note())).append("</p>\n");
    }
    out.append(
        String.format(
            Locale.ROOT,
            "<div class=\"scroll %s\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table>\n",
            kind,
            escaped(table.note())));
    out.append("<thead><tr>");
    for (int c : columns) {
      out.append(table.isNumber(c) ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">")
          .append(unbroken(table.heads().get(c).heading()))
          .append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (List<Object> row : table.first(MOST_ROWS).rows()) {
      out.append("<tr>");
      for (int c : columns) {
        out.append(table.isNumber(c) ? "<td class=\"number\">" : "<td>")
            .append(escaped(table.shown(row, c)))
            .append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody>\n</table></div>\n");
    if (table.rows().size() > MOST_ROWS) {
      element(
          "p",
          String.format(
              Locale.ROOT,
              "The first %d of %d rows; all of them are in the files beside this page.",
              MOST_ROWS,
              table.rows().size()));
    }
  }

  private void element(String name, String text) {
    out.append('<').append(name).append('>').append(unbroken(text));
    out.append("</").append(name).append(">\n");
  }
}
