package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import muninn.UserException;
import muninn.lab.report.LineChart.Series;
import muninn.lab.report.ScatterChart.Dot;
import muninn.lab.report.ScatterChart.Group;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** Every kind of chart in one report, with what could break it. */
class ReportTest {
  private static final String NASTY = "a<b> & \"c\" \u0000\ud800";

  @TempDir private Path folder;

  @Test
  void everyPictureIsWellFormedAndHasATitleAndADescription() throws Exception {
    String page = page();
    Matcher pictures = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
    int count = 0;
    while (pictures.find()) {
      var svg =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(pictures.group())))
              .getDocumentElement();
      String[] ids = svg.getAttribute("aria-labelledby").split(" ", -1);
      assertThat(svg.getElementsByTagName("title").item(0).getAttributes().item(0).getNodeValue())
          .isEqualTo(ids[0]);
      assertThat(svg.getElementsByTagName("desc").item(0).getAttributes().item(0).getNodeValue())
          .isEqualTo(ids[1]);
      assertThat(svg.getElementsByTagName("desc").item(0).getTextContent()).isNotBlank();
      count++;
    }
    assertThat(count).isEqualTo(Gallery.figures().size());
    assertThat(page).doesNotContain("NaN").doesNotContain("Infinity");
  }

  @Test
  void aPageFetchesNothingAndRunsNothing() throws IOException {
    assertThat(page())
        .doesNotContain("<script")
        .doesNotContain("http:")
        .doesNotContain("https:")
        .doesNotContain("url(")
        .doesNotContain("@import");
  }

  @Test
  void textsAreEscapedWhereverTheyStand() throws IOException {
    assertThat(page())
        .doesNotContain("a<b>")
        .contains("a&lt;b&gt; &amp; &quot;c&quot; \ufffd\ufffd");
  }

  @Test
  void jsonAndCsvHoldTheSameNumbers() throws IOException {
    List<Path> files = ReportFiles.write(Gallery.report(), folder.resolve("found.html"), true);

    assertThat(files.stream().map(f -> f.getFileName().toString()))
        .startsWith("found.html", "found.json", "found.rows.csv", "found.figure-1.svg");
    JsonNode json = new ObjectMapper().readTree(files.get(1).toFile());
    JsonNode row = json.at("/tables/rows/0");
    assertThat(row.get("name").asText()).isEqualTo("x, \"y\"");
    assertThat(row.get("value").asDouble()).isEqualTo(0.1);
    assertThat(row.get("missing").isNull()).isTrue();
    assertThat(json.at("/tables/rows/1/value").isNull()).isTrue();
    assertThat(json.at("/header/command/0").asText()).isEqualTo("trace");
    assertThat(Files.readString(files.get(2)))
        .isEqualTo("name,value,missing\r\n\"x, \"\"y\"\"\",0.1,\r\nz,,true\r\n");
  }

  @Test
  void theHeaderHasACommandToPaste() {
    assertThat(Gallery.report().header().commandLine())
        .isEqualTo("muninn trace --prompt '9 + 1=' --steps 8 'it'\\''s'");
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() {
    assertThatThrownBy(() -> ReportFiles.check(folder.resolve("a.txt")))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("a.txt: a report is a file whose name ends in .html");
    assertThatThrownBy(() -> ReportFiles.check(folder.resolve("no/a.html")))
        .hasMessageContaining("its folder does not exist");
  }

  @Test
  void numbersAreShort() {
    assertThat(Numbers.shown(0)).isEqualTo("0");
    assertThat(Numbers.shown(-0.04567)).isEqualTo("−0.0457");
    assertThat(Numbers.shown(1234.5)).isEqualTo("1235");
    assertThat(Numbers.shown(99_999)).isEqualTo("99999");
    assertThat(Numbers.shown(3.35e12)).isEqualTo("3.35T");
    assertThat(Numbers.shown(3.35e12, "B/s")).isEqualTo("3.35 TB/s");
    assertThat(Numbers.shown(8, "steps")).isEqualTo("8 steps");
    assertThat(Numbers.shown(2.5e-7)).isEqualTo("2.5·10⁻⁷");
    assertThat(Numbers.shown(1e-5)).isEqualTo("10⁻⁵");
    assertThat(Numbers.shown(Double.NaN)).isEqualTo("–");
  }

  @Test
  void labelsAtLineEndsKeepApart() {
    double[] placed = Labels.spread(new double[] {100, 101, 102, 250}, 20, 240);
    assertThat(placed[1] - placed[0]).isGreaterThanOrEqualTo(Labels.LINE);
    assertThat(placed[2] - placed[1]).isGreaterThanOrEqualTo(Labels.LINE);
    assertThat(placed[3]).isLessThanOrEqualTo(240);
  }

  @Test
  void axesHaveRoundNumbers() {
    assertThat(labels(Axis.linear(""), 0, 0.93))
        .containsExactly("0", "0.2", "0.4", "0.6", "0.8", "1");
    assertThat(labels(Axis.log(""), 3e-5, 2))
        .containsExactly("10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1", "1", "10");
    assertThat(labels(Axis.log2(""), 1, 64)).containsExactly("1", "2", "4", "8", "16", "32", "64");
    assertThat(labels(Axis.linear(""), 5, 5)).isNotEmpty();
    assertThat(labels(Axis.log(""), -1, -2)).isNotEmpty();
  }

  private static List<String> labels(Axis axis, double low, double high) {
    return Ticks.of(axis, IntStream.range(0, 2).mapToDouble(i -> i == 0 ? low : high), true)
        .ticks()
        .stream()
        .map(Ticks.Tick::label)
        .toList();
  }

  private String page() throws IOException {
    return Files.readString(
        ReportFiles.write(Gallery.report(), folder.resolve("all.html"), false).getFirst());
  }

  /** One of each. */
  static final class Gallery {
    private Gallery() {}

    static Report report() {
      Table rows =
          Table.named("rows", NASTY, "name", "value", "missing")
              .row("x, \"y\"", 0.1, null)
              .row("z", Double.NaN, true)
              .build();
      List<Section.Block> blocks = new ArrayList<>();
      blocks.add(new Section.Text("A paragraph: " + NASTY));
      blocks.addAll(figures());
      blocks.add(new Section.Shown(rows));
      Header header =
          new Header(
              "trace",
              List.of("trace", "--prompt", "9 + 1=", "--steps", "8", "it's"),
              "0.1.0",
              Optional.of("0123456789abcdef"),
              Instant.EPOCH,
              NASTY,
              new Header.ModelId("abc", "all of it"),
              "cpu",
              "none",
              "one, 4 cores",
              7,
              Map.of("steps", "8"));
      return new Report(
          NASTY,
          "All kinds of charts.",
          header,
          List.of(new Section("Charts", blocks)),
          List.of(rows));
    }

    static List<Figure> figures() {
      List<Series> few = new ArrayList<>();
      List<Series> many = new ArrayList<>();
      List<Group> paths = new ArrayList<>();
      for (int s = 0; s < 20; s++) {
        List<Point> points = new ArrayList<>();
        List<Dot> dots = new ArrayList<>();
        for (int i = 1; i <= 64; i++) {
          double y = Math.exp(-i / (4.0 + s)) + 1e-6;
          points.add(new Point(i, y, s == 0 ? y * 0.7 : Double.NaN, s == 0 ? y * 1.3 : Double.NaN));
          dots.add(Dot.of(y * Math.cos(i / 3.0 + s), y * Math.sin(i / 3.0 + s)));
        }
        many.add(new Series("token " + s, points, false));
        if (s < 4) {
          few.add(new Series(s == 3 ? NASTY : "series " + s, points, s == 1));
          paths.add(new Group("path " + s, ScatterChart.Style.PATH, dots));
        }
      }
      List<Point> gap =
          List.of(Point.of(1, 1), Point.of(2, 0), Point.of(3, 2), Point.of(4, Double.NaN));
      List<String> columns = IntStream.range(0, 24).mapToObj(Integer::toString).toList();
      List<List<Double>> field =
          IntStream.range(0, 5)
              .mapToObj(r -> columns.stream().map(c -> r * Double.parseDouble(c) / 100).toList())
              .toList();
      List<String> names = List.of("one", "two", "three", "four", "five");
      List<List<Double>> small = List.of(List.of(0.1, 0.2), List.of(Double.NaN, 1.0));
      return List.of(
          new Figure(
              "Lines with a band and a reference",
              "A note",
              new LineChart(
                  Axis.linear("step"),
                  Axis.log("change"),
                  few,
                  Chart.Colours.KINDS,
                  List.of(new LineChart.Reference("threshold 0.03", 0.03)))),
          new Figure(
              "Many lines",
              "A ramp instead of labels",
              new LineChart(
                  Axis.log2("step"), Axis.linear("change"), many, Chart.Colours.RAMP, List.of())),
          new Figure(
              "A gap",
              "Zero has no logarithm",
              LineChart.of(Axis.linear("x"), Axis.log("y"), List.of(new Series("g", gap, true)))),
          new Figure(
              "Paths",
              "Spirals",
              new ScatterChart(
                  Axis.linear("first direction"),
                  Axis.linear("second direction"),
                  paths,
                  Chart.Colours.RAMP,
                  true)),
          new Figure(
              "Pareto",
              "Quality against cost",
              new ScatterChart(
                  Axis.linear("passes a token"),
                  Axis.linear("accuracy"),
                  List.of(
                      new Group(
                          "",
                          ScatterChart.Style.FRONT,
                          List.of(Dot.of(1, 0.2), Dot.of(2, 0.8), Dot.of(4, 0.99))),
                      new Group(
                          "",
                          ScatterChart.Style.DOTS,
                          List.of(
                              new Dot(1, 0.2, "draft 1"),
                              new Dot(2, 0.8, "draft 2"),
                              new Dot(4, 0.99, "plain"),
                              new Dot(4, 0.97, "k 2")))),
                  Chart.Colours.KINDS,
                  false)),
          new Figure(
              "Wide field",
              "Scrolls on a phone",
              HeatMap.of("row", names, "column", columns, field, "share")),
          new Figure(
              "Small field",
              "With a hole",
              HeatMap.of("depth", List.of("1", "2"), "k", List.of("2", "4"), small, "acceptance")),
          new Figure(
              "Bars",
              "Parts of a whole",
              new BarChart(
                  Axis.linear("ms a token"),
                  List.of("host", "device", "waiting"),
                  List.of(
                      new BarChart.Bar("prefill", List.of(1.0, 7.0, 0.5), ""),
                      new BarChart.Bar("core", List.of(2.0, 20.0, 1.5), "23.5 ms, 84 %")))),
          new Figure(
              "Timeline",
              "Rows of a host and a device",
              new TimelineChart(
                  "ms",
                  List.of("core", NASTY),
                  List.of(
                      new TimelineChart.Row(
                          NASTY,
                          List.of(
                              new TimelineChart.Stretch("tick", 1, 0, 0, 9, true),
                              new TimelineChart.Stretch(NASTY, 1, 1, 1, 8.5, false))),
                      new TimelineChart.Row(
                          "device",
                          List.of(
                              new TimelineChart.Stretch("core", 0, 0, 2, 2, false),
                              new TimelineChart.Stretch("core", 0, 0, 3, 9.5, false)))))),
          new Figure(
              "Roofline",
              "An H100's",
              new RooflineChart(
                  3.35e12,
                  989e12,
                  List.of(
                      new RooflineChart.Work("core, 1 lane", 3.3e9, 3.3e9, 1.1e-3),
                      new RooflineChart.Work("core, 64 lanes", 211e9, 3.4e9, 1.3e-3),
                      new RooflineChart.Work("prefill 512", 1.7e12, 4e9, 4e-3)))));
    }
  }
}
