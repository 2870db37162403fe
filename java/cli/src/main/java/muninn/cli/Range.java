package muninn.cli;

import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Refuses option values out of range, naming option, value and range. */
final class Range {
  private Range() {}

  /** Refuses a scale of the initial state that is none. */
  static void requireInitScale(CommandSpec spec, float value) {
    require(spec, Float.isFinite(value) && value >= 0, "--init-scale", value, "at least 0");
  }

  /** Refuses unless {@code ok}; the wanted range completes "must be …". */
  static void require(CommandSpec spec, boolean ok, String option, Object value, String wanted) {
    if (!ok) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(Locale.ROOT, "%s %s: must be %s", option, value, wanted));
    }
  }
}
