package muninn.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a page is made of; how it looks, no test asks. */
class PageTest {
  private static final Pattern SCRIPT =
      Pattern.compile("<script(?<attributes>[^>]*)>(?<body>.*?)</script>", Pattern.DOTALL);

  private final String page = Page.of(Gallery.report(), "a b");

  /** A script element of a page. */
  private record Script(String attributes, String body) {
    boolean isCode() {
      return attributes.isEmpty();
    }
  }

  private static List<Script> scripts(String page) {
    List<Script> scripts = new ArrayList<>();
    Matcher matcher = SCRIPT.matcher(page);
    while (matcher.find()) {
      scripts.add(new Script(matcher.group("attributes"), matcher.group("body")));
    }
    return scripts;
  }

  /** The page as a browser sees it beside its scripts. */
  private static String markup(String page) {
    return SCRIPT.matcher(page).replaceAll("");
  }

  @Test
  void everyChartIsAnOptionObjectWithATitleAndADescription() throws IOException {
    List<Script> options = scripts(page).stream().filter(script -> !script.isCode()).toList();

    assertThat(options).hasSize(Gallery.figures().size());
    for (Script option : options) {
      JsonNode json = new ObjectMapper().readTree(option.body());
      assertThat(json.get("series")).isNotEmpty();
      assertThat(json.has("xAxis") && json.has("yAxis")).isTrue();
      assertThat(option.body()).doesNotContain("NaN").doesNotContain("Infinity");
      String id = option.attributes().replaceAll(".* id=\"([^\"]+)\".*", "$1");
      assertThat(page).contains("<div class=\"chart\" data-option=\"" + id + "\"");
    }
    assertThat(page.split("role=\"img\" aria-label=\"\\w+ a&lt;b&gt; ", -1))
        .hasSize(options.size() + 1);
  }

  @Test
  void hostileTextsStayTexts() throws IOException {
    List<Script> scripts = scripts(page);

    assertThat(scripts.stream().filter(Script::isCode))
        .as("the library and our own, whatever texts hold")
        .hasSize(2);
    assertThat(scripts).noneMatch(script -> script.body().equals("alert(1)"));
    for (Script option : scripts.stream().filter(script -> !script.isCode()).toList()) {
      assertThat(option.body()).doesNotContain("<");
    }
    assertThat(markup(page))
        .doesNotContain("a<b>")
        .doesNotContain("alert(1)<")
        .contains("a&lt;b&gt; &amp; &quot;c&quot; 'd' &lt;/script&gt;")
        .contains("\ufffd\ufffd");
    JsonNode timeline =
        new ObjectMapper()
            .readTree(
                scripts.stream()
                    .filter(script -> script.body().contains("\"stretch\""))
                    .findFirst()
                    .orElseThrow()
                    .body());
    assertThat(timeline.at("/yAxis/data/0").textValue())
        .as("read back as it was")
        .startsWith("a<b> & \"c\" 'd' </script><script>alert(1)</script> <!-- ]]> \u2028");
  }

  @Test
  void aPageIsOneFileThatFetchesNothing() throws IOException {
    String own =
        page.replace(resource("/META-INF/resources/webjars/echarts/5.3.1/dist/echarts.min.js"), "");

    assertThat(own).hasSizeLessThan(page.length() - 900_000);
    assertThat(own)
        .doesNotContain("http:")
        .doesNotContain("https:")
        .doesNotContain("//cdn")
        .doesNotContain(" src=")
        .doesNotContain("url(")
        .doesNotContain("@import")
        .doesNotContain("<iframe")
        .doesNotContain("fetch(")
        .doesNotContain("XMLHttpRequest");
    Matcher links = Pattern.compile("href=\"([^\"]*)\"").matcher(own);
    List<String> targets = new ArrayList<>();
    while (links.find()) {
      targets.add(links.group(1));
    }
    assertThat(targets).containsExactly("data:,", "a%20b.json", "a%20b.rows.csv");
  }

  @Test
  void itsPolicyLetsItRunItsTwoScriptsAndNothingElse() {
    Matcher policy =
        Pattern.compile("Content-Security-Policy\" content=\"([^\"]*)\"").matcher(page);
    assertThat(policy.find()).isTrue();
    String hashes =
        String.join(
            " ",
            scripts(page).stream()
                .filter(Script::isCode)
                .map(script -> "'sha256-" + sha256(script.body()) + "'")
                .toList());

    assertThat(policy.group(1)).startsWith("default-src 'none';").endsWith("script-src " + hashes);
  }

  @Test
  void aReportWithoutChartsHasNoScript() {
    Report words =
        new Report(
            "Words",
            "Only words.",
            Gallery.header(),
            List.of(Section.of("One", new Section.Text("Nothing to see."))),
            List.of());

    assertThat(Page.of(words, "words"))
        .doesNotContain("<script")
        .contains("script-src 'none'")
        .hasSizeLessThan(10_000);
  }

  @Test
  void tablesHaveTheirHeadingsAndNumbersStandToTheRight() {
    assertThat(markup(page))
        .contains("<th scope=\"col\">what it is</th>")
        .contains("<th scope=\"col\" class=\"number\">in per cent</th>")
        .contains("<td class=\"number\">10.0 %</td>")
        .contains("<td class=\"number\">–</td>")
        .doesNotContain("<th scope=\"col\">missing</th>");
  }

  @Test
  void longTablesAreCutWithAWordOnTheRest() {
    List<Integer> many = java.util.stream.IntStream.range(0, 250).boxed().toList();
    Table table =
        Table.of("many", "", List.of(Column.read("n", ColumnFormat.PLAIN, (Integer n) -> n)), many);
    Report report =
        new Report(
            "Many",
            "",
            Gallery.header(),
            List.of(Section.of("All", new Section.Shown(table))),
            List.of(table));

    assertThat(Page.of(report, "many"))
        .contains("<td class=\"number\">199</td>")
        .doesNotContain("<td class=\"number\">200</td>")
        .contains("The first 200 of 250 rows");
  }

  @Test
  void ofAnOddNumberOfFiguresTheFirstTakesAllTheWidth() {
    Figure narrow = new Figure("narrow", "", Gallery.front());
    Figure wide = new Figure("wide", "", Gallery.timeline());

    assertThat(widths(narrow)).containsExactly("wide");
    assertThat(widths(narrow, narrow)).containsExactly("", "");
    assertThat(widths(narrow, narrow, narrow)).containsExactly("wide", "", "");
    assertThat(widths(wide, narrow, narrow)).containsExactly("wide", "", "");
    assertThat(widths(narrow, wide, narrow)).containsExactly("wide", "wide", "wide");
  }

  private static List<String> widths(Figure... figures) {
    Report report =
        new Report("Widths", "", Gallery.header(), List.of(Section.of("All", figures)), List.of());
    Matcher matcher =
        Pattern.compile("<figure(?: class=\"(\\w+)\")?>").matcher(Page.of(report, "w"));
    List<String> widths = new ArrayList<>();
    while (matcher.find()) {
      widths.add(matcher.group(1) == null ? "" : matcher.group(1));
    }
    return widths;
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = PageTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
