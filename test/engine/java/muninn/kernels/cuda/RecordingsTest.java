package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import muninn.cuda.Context;
import muninn.cuda.Emulated;
import muninn.cuda.Graph;
import muninn.cuda.GraphExec;
import muninn.cuda.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which graphs are kept of a program. */
class RecordingsTest {
  private final Context context = Emulated.driver().gpu(0).open();
  private final Stream stream = context.stream();
  private final CudaLanes lanes =
      new CudaLanes(context, new InTurn.Streams(stream, context.stream()), 64);
  private final List<Integer> recorded = new ArrayList<>(); // how many lanes

  @AfterEach
  void close() {
    context.close();
  }

  private GraphExec of(Recordings recordings, int size) {
    lanes.clear();
    for (int i = 0; i < size; i++) {
      lanes.add(i, i, 0, 0, 0);
    }
    lanes.upload();
    return recordings.of(lanes, () -> record(size));
  }

  private GraphExec record(int size) {
    recorded.add(size);
    try (Graph graph = stream.capture(() -> {})) {
      return graph.instantiate();
    }
  }

  private int graphs() {
    return context.handles().getOrDefault("GraphExec", 0);
  }

  @Test
  void aTableIsRecordedInEachOfItsTwoPlacesOnce() {
    Recordings recordings = new Recordings(8);
    GraphExec one = of(recordings, 1);
    GraphExec other = of(recordings, 1);
    assertThat(other).isNotSameAs(one);
    assertThat(of(recordings, 1)).isSameAs(one);
    assertThat(of(recordings, 1)).isSameAs(other);
    assertThat(recorded).containsExactly(1, 1);
  }

  @Test
  void ofManyThoseThatServedLeastRecentlyAreGivenUp() {
    Recordings recordings = new Recordings(4);
    for (int size : List.of(1, 1, 2, 2)) {
      of(recordings, size);
    }
    assertThat(graphs()).isEqualTo(4);
    GraphExec served = of(recordings, 1);
    of(recordings, 4); // for which the other one of 1 goes
    assertThat(graphs()).isEqualTo(4);
    assertThat(recorded).containsExactly(1, 1, 2, 2, 4);
    of(recordings, 8);
    assertThat(graphs()).isEqualTo(4);
    stream.launch(served); // it is still there
    stream.synchronize();
  }
}
