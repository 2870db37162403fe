package muninn.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import muninn.UserException;
import muninn.cli.args.Arguments;
import muninn.cli.args.Group;
import muninn.cli.args.Option;
import muninn.cli.args.UsageException;
import muninn.cli.args.Value;
import muninn.files.FileProblem;
import muninn.files.Text;
import muninn.text.ChatTemplate.Message;
import muninn.wire.Responder;

/** What is to be continued: text, token ids, or what stands on standard input. */
final class PromptOptions {
  /** The prompt without an option before it. */
  static final Option<String> OPERAND =
      Option.operand(
          "PROMPT",
          Value.text("TEXT"),
          "Text to continue. Without it and its like below, standard input (one line end at its end"
              + " is dropped).");

  private static final Option<String> PROMPT =
      Option.of("--prompt", Value.text("TEXT"), "The same with a name.").letter('p').shown();
  private static final Option<Path> FILE =
      Option.of(
              "--prompt-file",
              Value.file("FILE"),
              "File that holds it, less one line end at its end; - is standard input.")
          .shown();
  private static final Option<List<Integer>> TOKENS =
      Option.of(
          "--tokens",
          Value.whole("ID", 0).list(),
          "Token ids to continue, as 5,7,9; needs no tokenizer.");
  private static final Option<Boolean> CHAT =
      Option.flag("--chat", "Ask as a chat message, through the model's chat template.").shown();

  /** What the conversation begins with. */
  static final Option<String> SYSTEM =
      Option.of(
              "--system", Value.text("TEXT"), "System message that goes before it; implies --chat.")
          .shown();

  static final Group GROUP = Group.of("Prompt", PROMPT, FILE, CHAT, SYSTEM, TOKENS);

  private static final int MAX_BYTES = 16 << 20;
  private static final Path STREAM = Path.of("-");

  private final Arguments given;

  /**
   * What the options say.
   *
   * @throws UsageException where a combination makes no sense
   */
  PromptOptions(Arguments given) {
    this.given = given;
    given.atMostOne(OPERAND, PROMPT, FILE, TOKENS);
    if (given.has(TOKENS) && asMessage()) {
      throw UsageException.of(
          "%s needs text: give a prompt instead of --tokens",
          given.get(CHAT) ? "--chat" : "--system");
    }
    for (String text : new String[] {given.get(OPERAND), given.get(PROMPT), given.get(SYSTEM)}) {
      requirePassed(text);
    }
  }

  /** Refuses what this locale's encoding cannot have passed to us. */
  private static void requirePassed(String text) {
    String encoding = System.getProperty("sun.jnu.encoding");
    if (text != null && text.indexOf('\uFFFD') >= 0 && !"UTF-8".equalsIgnoreCase(encoding)) {
      throw UsageException.of(
          "this locale (%s) cannot pass all characters of the prompt: set LC_ALL=C.UTF-8, or give"
              + " the prompt on standard input",
          encoding);
    }
  }

  private boolean asMessage() {
    return given.get(CHAT) || given.has(SYSTEM);
  }

  /** The text to continue, or null where token ids were given. */
  String text(Console console) {
    for (Option<String> option : List.of(OPERAND, PROMPT)) {
      if (given.has(option)) {
        return given.get(option);
      }
    }
    if (given.has(TOKENS)) {
      return null;
    }
    Optional<Path> file = file();
    String text = file.isPresent() ? read(file.get()) : read(console);
    if (text.isEmpty()) {
      throw UserException.of(
          "no prompt%s: give one, as in muninn generate \"12+34=\", or write it to standard input",
          file.map(empty -> " in " + empty).orElse(""));
    }
    return text;
  }

  /** The file that holds the prompt, where one was named. */
  Optional<Path> file() {
    return Optional.ofNullable(given.get(FILE)).filter(file -> !file.equals(STREAM));
  }

  private String read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return withoutLineEnd(Text.read(in, given.name(FILE) + " " + file, MAX_BYTES));
    } catch (IOException e) {
      throw UserException.because(
          e, "%s %s cannot be read: %s", given.name(FILE), file, FileProblem.describe(e));
    }
  }

  private static String read(Console console) {
    if (console.typed()) {
      console.err().println("Type the prompt and end it with Ctrl-D:");
    }
    return withoutLineEnd(Text.read(console.in(), "the prompt on standard input", MAX_BYTES));
  }

  /** The ids of that text or the ids given. */
  int[] ids(Responder responder, String text) {
    if (text == null) {
      return given.get(TOKENS).stream().mapToInt(Integer::intValue).toArray();
    }
    if (!asMessage()) {
      return responder.prompt(text);
    }
    List<Message> messages = new ArrayList<>();
    if (given.has(SYSTEM)) {
      messages.add(new Message("system", given.get(SYSTEM)));
    }
    messages.add(new Message("user", text));
    return responder.conversation(messages);
  }

  private static String withoutLineEnd(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }
}
