package muninn.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import muninn.UserException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** A terminal with line editing and a history that is kept between conversations. */
final class EditedTerminal implements ChatTerminal {
  private final Terminal terminal;
  private final LineReader reader;

  EditedTerminal() {
    try {
      terminal =
          TerminalBuilder.builder()
              .system(true)
              .encoding(StandardCharsets.UTF_8)
              .ffm(true)
              .jni(false)
              .build();
    } catch (IOException e) {
      throw new UserException("cannot open the terminal: " + e.getMessage(), e);
    }
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    Path history = history();
    if (history != null) {
      builder.variable(LineReader.HISTORY_FILE, history);
    }
    reader = builder.build();
  }

  @Override
  public String readLine() {
    try {
      return reader.readLine("> ");
    } catch (UserInterruptException e) {
      throw new Left();
    } catch (EndOfFileException e) {
      return null;
    }
  }

  @Override
  public PrintWriter out() {
    return terminal.writer();
  }

  @Override
  public Interrupt.Scope onInterrupt(Runnable action) {
    Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> action.run());
    return () -> terminal.handle(Terminal.Signal.INT, before);
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      throw new UserException("cannot give the terminal back: " + e.getMessage(), e);
    }
  }

  /** The history's file in the user's state folder, or null where that cannot be made. */
  private static Path history() {
    String state = System.getenv("XDG_STATE_HOME");
    Path folder =
        state == null || state.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".local", "state", "muninn")
            : Path.of(state, "muninn");
    try {
      return Files.createDirectories(folder).resolve("chat_history");
    } catch (IOException e) {
      return null;
    }
  }
}
