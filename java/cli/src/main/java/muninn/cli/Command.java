package muninn.cli;

import muninn.cli.args.Arguments;
import muninn.cli.args.Usage;

/** One of the things that {@code muninn} does: how it is asked for, and doing it. */
interface Command {
  /** Name, options and examples. */
  Usage usage();

  /** Does it and answers the exit code. */
  int run(Arguments given);
}
