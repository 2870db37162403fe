package muninn.lab.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import muninn.lab.report.Section.Block;

/** A report as one HTML page without scripts, fonts or anything else to fetch. */
final class Page {
  /** What a page is known by. */
  static final String GENERATOR = "<meta name=\"generator\" content=\"muninn\">";

  private static final int MOST_ROWS = 200;

  private static final String LAYOUT =
      """
      *{box-sizing:border-box}
      html{color-scheme:light dark;-webkit-text-size-adjust:100%}
      body{margin:0 auto;max-width:1200px;padding:1.2rem 1rem 3rem;background:var(--bg);color:var(--ink);
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
      h1{font-size:1.55rem;line-height:1.25;margin:.2rem 0 .6rem;overflow-wrap:anywhere}
      h2{font-size:1.15rem;margin:2.2rem 0 .5rem}
      p{max-width:46rem;margin:.5rem 0}p.lead{font-size:1.05rem}
      a{color:var(--k0)}
      .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,360px),1fr));
        gap:1.6rem 2rem;margin:1rem 0;align-items:start}
      figure{margin:0;max-width:560px}figure.wide{grid-column:1/-1;max-width:100%}
      figure h3{font-size:.95rem;margin:0 0 .5rem}
      figure svg{display:block;width:100%;height:auto}
      figure.wide svg{width:auto;max-width:none}
      .scroll{overflow-x:auto}
      figcaption,.note{color:var(--soft);font-size:.87rem;line-height:1.45;margin-top:.4rem}
      table{border-collapse:collapse;font-size:.84rem;font-variant-numeric:tabular-nums}
      th,td{text-align:left;padding:.22rem .8rem .22rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
      td,th{white-space:nowrap}th{color:var(--soft);font-weight:600}td.number,th.number{text-align:right}
      caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
      dl{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr);gap:.2rem 1rem;font-size:.87rem;
        background:var(--panel);border-radius:6px;padding:.8rem 1rem;margin:1rem 0}
      dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
      code{font:.93em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
      details{margin-top:.4rem;font-size:.87rem}summary{cursor:pointer;color:var(--soft)}
      @media(max-width:480px){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
      @media print{details{display:none}}
      """;

  private final StringBuilder out = new StringBuilder();
  private final String files;
  private int figures;

  private Page(String files) {
    this.files = files;
  }

  /**
   * @param files what the files beside it begin with
   */
  static String of(Report report, String files) {
    return new Page(files).whole(report);
  }

  /** A figure as a picture of its own, for a document. */
  static String picture(Figure figure) {
    Drawing drawing = Drawing.of(figure.chart());
    return String.format(
        Locale.ROOT,
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="t d">
        <title id="t">%s</title><desc id="d">%s</desc>
        <style>%s</style>
        <rect class="paper" width="100%%" height="100%%"/>
        %s</svg>
        """,
        Numbers.coordinate(drawing.width()),
        Numbers.coordinate(drawing.height()),
        Numbers.coordinate(drawing.width()),
        Numbers.coordinate(drawing.height()),
        Svg.escaped(figure.title()),
        Svg.escaped(figure.note()),
        Style.css(),
        drawing.elements());
  }

  private String whole(Report report) {
    out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append(GENERATOR).append('\n');
    out.append("<meta name=\"color-scheme\" content=\"light dark\">\n");
    out.append("<link rel=\"icon\" href=\"data:,\">\n");
    element("title", report.title());
    out.append("<style>\n")
        .append(Style.css())
        .append(LAYOUT)
        .append("</style>\n</head>\n<body>\n");
    out.append("<main>\n");
    element("h1", report.title());
    out.append("<p class=\"lead\">").append(Svg.escaped(report.summary())).append("</p>\n");
    for (Section section : report.sections()) {
      section(section);
    }
    out.append("</main>\n");
    header(report);
    return out.append("</body>\n</html>\n").toString();
  }

  private void header(Report report) {
    out.append("<section aria-label=\"How to repeat this\">\n<h2>How to repeat this</h2>\n<dl>\n");
    for (Map.Entry<String, String> line : report.header().lines().entrySet()) {
      element("dt", line.getKey());
      String value = Svg.escaped(line.getValue());
      out.append("<dd>")
          .append(line.getKey().equals("Command") ? "<code>" + value + "</code>" : value)
          .append("</dd>\n");
    }
    out.append("</dl>\n<p class=\"note\">The same numbers: <a href=\"")
        .append(file(".json"))
        .append("\">")
        .append(Svg.escaped(files + ".json"))
        .append("</a>");
    for (Table table : report.tables()) {
      out.append(", <a href=\"")
          .append(file("." + table.name() + ".csv"))
          .append("\">")
          .append(Svg.escaped(files + "." + table.name() + ".csv"))
          .append("</a> (")
          .append(Svg.escaped(table.note()))
          .append(')');
    }
    out.append(".</p>\n</section>\n");
  }

  private String file(String end) {
    return java.net.URLEncoder.encode(files + end, java.nio.charset.StandardCharsets.UTF_8)
        .replace("+", "%20");
  }

  private void section(Section section) {
    out.append("<section>\n");
    element("h2", section.title());
    boolean inFigures = false;
    for (Block block : section.blocks()) {
      boolean figure = block instanceof Figure;
      if (figure != inFigures) {
        out.append(figure ? "<div class=\"figures\">\n" : "</div>\n");
        inFigures = figure;
      }
      switch (block) {
        case Section.Text text -> element("p", text.text());
        case Figure shown -> figure(shown);
        case Section.Shown shown -> table(shown.table(), true);
      }
    }
    out.append(inFigures ? "</div>\n</section>\n" : "</section>\n");
  }

  private void figure(Figure figure) {
    Drawing drawing = Drawing.of(figure.chart());
    String id = "f" + ++figures;
    out.append(drawing.wide() ? "<figure class=\"wide\">\n" : "<figure>\n");
    element("h3", figure.title());
    if (drawing.wide()) {
      out.append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"")
          .append(Svg.escaped(figure.title()))
          .append("\">\n");
    }
    String size = Numbers.coordinate(drawing.width());
    String height = Numbers.coordinate(drawing.height());
    out.append("<svg viewBox=\"0 0 ").append(size).append(' ').append(height).append('"');
    if (drawing.wide()) {
      out.append(" width=\"").append(size).append("\" height=\"").append(height).append('"');
    }
    out.append(String.format(Locale.ROOT, " role=\"img\" aria-labelledby=\"%st %sd\">\n", id, id));
    out.append(
        String.format(
            Locale.ROOT, "<title id=\"%st\">%s</title>", id, Svg.escaped(figure.title())));
    out.append(
        String.format(Locale.ROOT, "<desc id=\"%sd\">%s</desc>\n", id, Svg.escaped(figure.note())));
    out.append(drawing.elements()).append("</svg>\n");
    if (drawing.wide()) {
      out.append("</div>\n");
    }
    if (!figure.note().isEmpty()) {
      element("figcaption", figure.note());
    }
    Table numbers = ChartTable.of(figure);
    if (numbers.rows().size() <= MOST_ROWS) {
      out.append("<details><summary>Numbers</summary>\n");
      table(numbers, false);
      out.append("</details>\n");
    }
    out.append("</figure>\n");
  }

  private void table(Table table, boolean captioned) {
    List<List<Object>> rows = table.rows();
    out.append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"")
        .append(Svg.escaped(table.note()))
        .append("\"><table>\n");
    if (captioned) {
      element("caption", table.note());
    }
    out.append("<thead><tr>");
    for (int c = 0; c < table.columns().size(); c++) {
      out.append("<th scope=\"col\"")
          .append(number(rows, c) ? " class=\"number\">" : ">")
          .append(Svg.escaped(table.columns().get(c)))
          .append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (List<Object> row : rows.subList(0, Math.min(rows.size(), MOST_ROWS))) {
      out.append("<tr>");
      for (Object value : row) {
        out.append(value instanceof Number ? "<td class=\"number\">" : "<td>")
            .append(Svg.escaped(shown(value)))
            .append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody>\n</table></div>\n");
    if (rows.size() > MOST_ROWS) {
      element(
          "p",
          String.format(
              Locale.ROOT,
              "%d of %d rows; all of them are in the files beside this page.",
              MOST_ROWS,
              rows.size()));
    }
  }

  private static boolean number(List<List<Object>> rows, int column) {
    return !rows.isEmpty() && rows.getFirst().get(column) instanceof Number;
  }

  private static String shown(Object value) {
    return switch (value) {
      case null -> "–";
      case Double d -> Numbers.shown(d, 4);
      case Float f -> Numbers.shown(f, 4);
      default -> value.toString();
    };
  }

  private void element(String name, String text) {
    out.append('<')
        .append(name)
        .append('>')
        .append(Svg.escaped(text))
        .append("</")
        .append(name)
        .append(">\n");
  }
}
