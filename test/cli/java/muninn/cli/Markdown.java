package muninn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page as its reader sees it: what is text, what is code, and where a link may lead.
 *
 * @param prose without code
 * @param blocks commands of blocks of code, a line each; of a console what was typed
 * @param spans code within text
 * @param anchors of headings, as links name them
 * @param brokenRows of tables: with more or fewer cells than their heads, or without a head
 */
record Markdown(
    String prose,
    List<String> blocks,
    List<String> spans,
    Set<String> anchors,
    List<String> brokenRows) {
  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
  private static final Pattern FENCE = Pattern.compile(" *```(\\w*)");

  /** What stands below the head of a table. */
  private static final Pattern RULE = Pattern.compile("\\|[ :|-]+\\|");

  private static final Set<String> SHELLS = Set.of("", "sh", "console");

  /** Muninn called; the rest of the line. */
  private static final Pattern CALL =
      Pattern.compile("(?<![\\w.-])(?:\\./)?muninn +(?=[a-z-])(.*)");

  static Markdown of(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    List<String> blocks = new ArrayList<>();
    Set<String> anchors = new TreeSet<>();
    String fence = null;
    StringBuilder command = new StringBuilder();
    for (String line : Files.readAllLines(file)) {
      Matcher mark = FENCE.matcher(line);
      if (mark.matches()) {
        fence = fence == null ? mark.group(1) : null;
      } else if (fence != null || line.startsWith("    ")) {
        boolean typed = !"console".equals(fence) || line.startsWith("$ ");
        if (typed && (fence == null || SHELLS.contains(fence))) {
          command.append(line.strip().replaceFirst("^\\$ ", ""));
          if (command.toString().endsWith("\\")) {
            command.setCharAt(command.length() - 1, ' ');
          } else {
            blocks.add(command.toString());
            command.setLength(0);
          }
        }
      } else {
        if (line.startsWith("#")) {
          anchors.add(anchor(line.replaceFirst("^#+ ", "")));
        }
        text.append(line).append('\n');
      }
    }
    List<String> spans =
        SPAN.matcher(text).results().map(span -> span.group(1).replace('\n', ' ')).toList();
    String prose = SPAN.matcher(text).replaceAll("");
    return new Markdown(prose, blocks, spans, anchors, brokenRows(text.toString()));
  }

  private static List<String> brokenRows(String text) {
    List<String> broken = new ArrayList<>();
    List<String> lines = text.lines().toList();
    int columns = 0; // of the table that a line may go on
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.startsWith("|")) {
        columns = 0;
        continue;
      }
      int cells = SPAN.matcher(line).replaceAll("").replace("\\|", "").split("\\|", -1).length;
      if (columns == 0 && (i + 1 == lines.size() || !RULE.matcher(lines.get(i + 1)).matches())) {
        broken.add(line);
      } else if (columns > 0 && cells != columns) {
        broken.add(line);
      }
      columns = columns == 0 ? cells : columns;
    }
    return broken;
  }

  private static String anchor(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\w -]", "").replace(' ', '-');
  }

  /** All that is code. */
  String code() {
    return String.join("\n", blocks) + "\n" + String.join("\n", spans);
  }

  /** The words behind {@code muninn} in blocks, as a reader copies them. */
  List<List<String>> commands() {
    List<List<String>> commands = new ArrayList<>();
    for (String line : blocks) {
      Matcher call = CALL.matcher(line);
      while (call.find()) {
        commands.add(words(call.group(1)));
      }
    }
    return commands;
  }

  /** The same of calls within text, which may be a part of one. */
  List<List<String>> mentioned() {
    return spans.stream()
        .map(CALL::matcher)
        .filter(Matcher::lookingAt)
        .map(call -> words(call.group(1)))
        .toList();
  }

  /** As a shell parts them, up to where the command ends. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = null;
    char quote = 0;
    for (char c : line.toCharArray()) {
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        word = word == null ? new StringBuilder() : word;
      } else if (";|<>&)".indexOf(c) >= 0 || c == '#' && word == null) {
        break;
      } else if (c != ' ') {
        word = word == null ? new StringBuilder() : word;
        word.append(c);
      } else if (word != null) {
        words.add(word.toString());
        word = null;
      }
    }
    if (word != null) {
      words.add(word.toString());
    }
    return words;
  }
}
