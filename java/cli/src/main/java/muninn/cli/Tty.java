package muninn.cli;

import java.io.IOException;
import org.jline.terminal.spi.SystemStream;
import org.jline.terminal.spi.TerminalProvider;

/** What standard error is connected to, which Java itself does not tell. */
final class Tty {
  private static final int USUAL_COLUMNS = 80;

  private Tty() {}

  /** Columns of the terminal that standard error is, or 0 when it is none. */
  static int errorColumns() {
    TerminalProvider provider;
    try {
      provider = TerminalProvider.load("ffm");
    } catch (IOException e) {
      return 0;
    }
    if (!provider.isSystemStream(SystemStream.Error)) {
      return 0;
    }
    int columns = provider.systemStreamWidth(SystemStream.Error);
    return columns > 0 ? columns : USUAL_COLUMNS;
  }
}
