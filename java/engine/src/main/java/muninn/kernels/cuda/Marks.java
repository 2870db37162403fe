package muninn.kernels.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import muninn.cuda.Context;
import muninn.cuda.Event;
import muninn.cuda.Stream;
import muninn.kernels.Mark;

/** Marks as timed events in the stream, each of which serves again once its time is known. */
final class Marks {
  private static final double NANOS_PER_MILLI = 1e6;

  private final Context context;
  private final Stream stream;
  private final Deque<Event> free = new ArrayDeque<>();

  Marks(Context context, Stream stream) {
    this.context = context;
    this.stream = stream;
  }

  Mark mark() {
    Event event = free.isEmpty() ? context.event() : free.pop();
    stream.record(event);
    return new Marked(event);
  }

  private final class Marked implements Mark {
    private Event event;

    Marked(Event event) {
      this.event = event;
    }

    @Override
    public boolean passed() {
      return event.isDone();
    }

    @Override
    public double nanosSince(Mark earlier) {
      return event.millisSince(((Marked) earlier).event) * NANOS_PER_MILLI;
    }

    @Override
    public void close() {
      if (event != null) {
        free.push(event);
        event = null;
      }
    }
  }
}
