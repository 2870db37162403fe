package muninn.lab.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What happened when, in rows: the engine's thread, the device, the clients. Keeps the beginning of
 * what it is shown, up to a number of events, whole ticks only. Times are values of {@link
 * System#nanoTime}.
 */
final class Timeline {

  /** Where events stand; within a row they lie beside or inside each other. */
  enum Row {
    ENGINE("engine thread"),
    DEVICE("stages and operations"),
    CLIENT("client");

    private final String title;

    Row(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  /**
   * Something that took time.
   *
   * @param number which of the row's kind, where there are several
   * @param kind to find its like by
   * @param details by name
   */
  record Event(
      Row row,
      int number,
      String kind,
      String name,
      long from,
      long to,
      Map<String, Long> details) {
    long nanos() {
      return to - from;
    }
  }

  private final int most;
  private final List<Event> events = new ArrayList<>();

  /**
   * @param most events after which no tick is begun
   */
  Timeline(int most) {
    this.most = most;
  }

  boolean full() {
    return events.size() >= most;
  }

  void add(Event event) {
    events.add(event);
  }

  /** In no particular order. */
  List<Event> events() {
    return events;
  }
}
