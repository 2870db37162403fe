package muninn.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Refuses option values out of range, naming option, value and range. */
final class Range {
  private Range() {}

  /** Refuses unless {@code ok}; the wanted range completes "must be …". */
  static void require(CommandSpec spec, boolean ok, String option, Object value, String wanted) {
    if (!ok) {
      throw new ParameterException(
          spec.commandLine(), "%s %s: must be %s".formatted(option, value, wanted));
    }
  }
}
