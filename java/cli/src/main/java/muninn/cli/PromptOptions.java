package muninn.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import muninn.UserException;
import muninn.batch.Responder;
import muninn.files.Text;
import muninn.model.ChatTemplate.Message;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is to be continued: text, token ids, or what stands on standard input. */
final class PromptOptions {
  private static final int MAX_BYTES = 16 << 20;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @ArgGroup private Source source = new Source();

  @Option(
      names = "--chat",
      description = "Ask as a chat message, through the model's chat template.")
  private boolean chat;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "System message that goes before it; implies --chat.")
  private String system;

  private static final class Source {
    @Option(
        names = {"-p", "--prompt"},
        paramLabel = "TEXT",
        description =
            "Text to continue. Without it and --tokens, standard input (one line end at its end"
                + " is dropped).")
    private String prompt;

    @Option(
        names = "--tokens",
        paramLabel = "ID",
        split = ",",
        description = "Token ids to continue, as 5,7,9; needs no tokenizer.")
    private int[] tokens;
  }

  /** Refuses combinations that make no sense. */
  void check() {
    if (source.tokens != null && (chat || system != null)) {
      throw new ParameterException(
          spec.commandLine(), "--chat and --system need text: give --prompt instead of --tokens");
    }
    if (source.prompt != null && source.prompt.indexOf('\uFFFD') >= 0 && !utf8Arguments()) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(
                  Locale.ROOT,
                  "--prompt: this locale (%s) cannot pass all of its characters: set"
                      + " LC_ALL=C.UTF-8, or give",
                  System.getProperty("sun.jnu.encoding"))
              + " the prompt on standard input");
    }
  }

  /** The text to continue, or null where token ids were given. */
  String text(Console console) {
    if (source.tokens != null || source.prompt != null) {
      return source.prompt;
    }
    if (console.typed()) {
      console.err().println("Type the prompt and end it with Ctrl-D:");
    }
    String text =
        withoutLineEnd(Text.read(console.in(), "the prompt on standard input", MAX_BYTES));
    if (text.isEmpty()) {
      throw new UserException(
          "no prompt: give --prompt or --tokens, or write the prompt to standard input");
    }
    return text;
  }

  /** The ids of that text or the ids given. */
  int[] ids(Responder responder, String text) {
    if (text == null) {
      return source.tokens;
    }
    if (!chat && system == null) {
      return responder.prompt(text);
    }
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(new Message("system", system));
    }
    messages.add(new Message("user", text));
    return responder.conversation(messages);
  }

  private static boolean utf8Arguments() {
    return "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));
  }

  private static String withoutLineEnd(String text) {
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }
}
