package muninn.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/**
 * What a client sends over HTTP/2, and which of its requests it has given up. Helidon reads frames
 * for itself and tells the one who answers nothing of them; so what it reads passes here, where the
 * frames that reset a stream are seen, by their heads alone, and the connection's end (RFC 9113,
 * §4.1, §6.4).
 */
final class Frames implements Client {
  private static final int PREFACE = 24;
  private static final int HEAD = 9;
  private static final int RST_STREAM = 3;

  /** Resets that are remembered, as they may come before their request is asked about. */
  private static final int MOST_EARLY = 1 << 10;

  private final DataReader from;

  // The connection's thread's.
  private int skip = PREFACE; // bytes until the next head
  private final int[] head = new int[HEAD];
  private int got; // of that

  // Guarded by this.
  private final Map<Integer, Runnable> actions = new HashMap<>(); // by stream
  private final SequencedSet<Integer> early = new LinkedHashSet<>(); // reset, not asked about
  private boolean ended;

  Frames(DataReader from) {
    this.from = from;
  }

  @Override
  public byte[] get() {
    try {
      BufferData data = from.readBuffer();
      byte[] bytes = new byte[data.available()];
      data.read(bytes);
      look(bytes);
      return bytes;
    } catch (DataReader.InsufficientDataAvailableException e) {
      return null;
    }
  }

  private void look(byte[] bytes) {
    for (int at = 0; at < bytes.length; ) {
      if (skip > 0) {
        int passed = Math.min(skip, bytes.length - at);
        skip -= passed;
        at += passed;
        continue;
      }
      head[got++] = bytes[at++] & 0xff;
      if (got == HEAD) {
        got = 0;
        skip = head[0] << 16 | head[1] << 8 | head[2];
        if (head[3] == RST_STREAM) {
          reset((head[5] & 0x7f) << 24 | head[6] << 16 | head[7] << 8 | head[8]);
        }
      }
    }
  }

  private void reset(int stream) {
    Runnable action;
    synchronized (this) {
      action = actions.remove(stream);
      if (action == null) {
        early.add(stream);
        if (early.size() > MOST_EARLY) {
          early.removeFirst();
        }
      }
    }
    if (action != null) {
      action.run();
    }
  }

  @Override
  public void end() {
    List<Runnable> all;
    synchronized (this) {
      ended = true;
      all = List.copyOf(actions.values());
      actions.clear();
    }
    all.forEach(Runnable::run);
  }

  @Override
  public void whenGone(int request, Runnable action) {
    synchronized (this) {
      if (!ended && !early.remove(request)) {
        actions.put(request, action);
        return;
      }
    }
    action.run();
  }

  @Override
  public synchronized void over(int request) {
    actions.remove(request);
    early.remove(request);
  }
}
