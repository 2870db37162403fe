package muninn.lab.serve;

import java.util.List;
import java.util.Locale;

/** What users of a server wait for, defined and named as {@code vllm bench serve} has it. */
public enum Wait {
  TTFT("time to first token"),
  TPOT("time per output token, without the first"),
  ITL("inter-token latency"),
  E2EL("end-to-end latency");

  /** What can be asked of each request. */
  public static final List<Wait> GOALS = List.of(TTFT, TPOT, E2EL);

  private final String words;

  Wait(String words) {
    this.words = words;
  }

  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  String words() {
    return words;
  }
}
