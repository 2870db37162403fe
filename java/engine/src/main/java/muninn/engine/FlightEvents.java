package muninn.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * What an engine does as events of the JDK's flight recorder, for every engine of the process. They
 * cost a few nanoseconds as long as nobody records.
 */
final class FlightEvents implements Monitor {
  private TickEvent tick;

  @Name("muninn.Tick")
  @Label("Tick")
  @Description("One pass of the core over all lanes that think, and what goes with it")
  @Category("Muninn")
  @StackTrace(false)
  static final class TickEvent extends Event {
    @Label("Lanes")
    int lanes;

    @Label("Requests in Work")
    int running;

    @Label("Requests Waiting")
    int waiting;

    @Label("KV Pages Reserved")
    int reserved;

    @Label("KV Pages Held")
    int held;

    @Label("KV Pages Cached")
    int cached;
  }

  @Name("muninn.Admission")
  @Label("Admission")
  @Description("A request was taken in")
  @Category("Muninn")
  @StackTrace(false)
  static final class AdmissionEvent extends Event {
    @Label("Place")
    int slot;

    @Label("Prompt Tokens")
    int promptTokens;

    @Label("Recurrence Steps")
    int steps;

    @Label("Queued")
    @Timespan
    long queued;
  }

  @Name("muninn.SetBack")
  @Label("Set Back")
  @Description("Memory was short: a request gave up what it held, and waits for its place anew")
  @Category("Muninn")
  @StackTrace(false)
  static final class SetBackEvent extends Event {
    @Label("Place")
    int slot;

    @Label("Tokens")
    int tokens;
  }

  @Name("muninn.Prompt")
  @Label("Prompt")
  @Description("All of a prompt is in work or was found")
  @Category("Muninn")
  @StackTrace(false)
  static final class PromptEvent extends Event {
    @Label("Place")
    int slot;

    @Label("Tokens")
    int tokens;

    @Label("Tokens Found")
    int cached;
  }

  @Name("muninn.Exit")
  @Label("Exit")
  @Description("A position left, with its last token")
  @Category("Muninn")
  @StackTrace(false)
  static final class ExitEvent extends Event {
    @Label("Place")
    int slot;

    @Label("Position")
    int position;

    @Label("Steps Taken")
    int steps;

    @Label("Steps Allowed")
    int budget;
  }

  @Name("muninn.Squash")
  @Label("Squash")
  @Description("Positions opened on a wrong guess were thrown away")
  @Category("Muninn")
  @StackTrace(false)
  static final class SquashEvent extends Event {
    @Label("Place")
    int slot;

    @Label("First Position")
    int position;

    @Label("Lanes")
    int lanes;
  }

  /** The recorder's classes take a tenth of a second of a start: they wait for a recording. */
  private static boolean recorded() {
    return FlightRecorder.isInitialized();
  }

  @Override
  public void tickBegins() {
    tick = recorded() ? new TickEvent() : null;
    if (tick != null) {
      tick.begin();
    }
  }

  @Override
  public void tickEnds(Tick seen) {
    if (tick != null && tick.shouldCommit()) {
      tick.lanes = seen.thinking();
      tick.running = seen.running();
      tick.waiting = seen.waiting();
      tick.reserved = seen.pages().reserved();
      tick.held = seen.pages().held();
      tick.cached = seen.pages().cached();
      tick.commit();
    }
  }

  @Override
  public void admitted(Admission seen) {
    if (!recorded()) {
      return;
    }
    AdmissionEvent event = new AdmissionEvent();
    if (event.shouldCommit()) {
      event.slot = seen.slot();
      event.promptTokens = seen.promptTokens();
      event.steps = seen.steps();
      event.queued = seen.queuedNanos();
      event.commit();
    }
  }

  @Override
  public void setBack(SetBack seen) {
    if (!recorded()) {
      return;
    }
    SetBackEvent event = new SetBackEvent();
    if (event.shouldCommit()) {
      event.slot = seen.slot();
      event.tokens = seen.tokens();
      event.commit();
    }
  }

  @Override
  public void prompted(Prompt seen) {
    if (!recorded()) {
      return;
    }
    PromptEvent event = new PromptEvent();
    if (event.shouldCommit()) {
      event.slot = seen.slot();
      event.tokens = seen.tokens();
      event.cached = seen.cached();
      event.commit();
    }
  }

  @Override
  public void left(Left seen) {
    if (!recorded()) {
      return;
    }
    ExitEvent event = new ExitEvent();
    if (event.shouldCommit()) {
      event.slot = seen.slot();
      event.position = seen.position();
      event.steps = seen.steps();
      event.budget = seen.budget();
      event.commit();
    }
  }

  @Override
  public void squashed(Squash seen) {
    if (!recorded()) {
      return;
    }
    SquashEvent event = new SquashEvent();
    if (event.shouldCommit()) {
      event.slot = seen.slot();
      event.position = seen.position();
      event.lanes = seen.lanes();
      event.commit();
    }
  }
}
