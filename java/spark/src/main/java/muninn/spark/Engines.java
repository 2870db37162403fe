package muninn.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.EngineOptions;
import muninn.model.Model;
import org.apache.spark.SparkFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of this JVM, one a device. Tasks come and go, and loading a model takes longer than
 * many of them: so an engine stays open, for whichever task wants the same one next, and tasks that
 * run at once share it. This is the one place with state that belongs to no object, for Spark gives
 * tasks nothing else in common.
 */
final class Engines {
  private static final Logger LOG = LoggerFactory.getLogger(Engines.class);
  private static final String VECTOR = "jdk.incubator.vector";
  private static final Map<String, Engines> BY_DEVICE = new HashMap<>();

  private Wanted opened; // null while there is no engine
  private Engine engine;
  private int users;
  private boolean failed;

  private Engines() {}

  /**
   * An engine as a task wants it.
   *
   * @param options with the task's device
   */
  record Wanted(String model, EngineOptions options) {}

  /** An engine while a task uses it. */
  static final class Lease implements AutoCloseable {
    private final Engines place;
    private final Engine engine;
    private boolean closed;

    private Lease(Engines place, Engine engine) {
      this.place = place;
      this.engine = engine;
    }

    Engine engine() {
      return engine;
    }

    /** It is of no more use: the next task opens another one. */
    void giveUp() {
      place.giveUp(engine);
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        place.release();
      }
    }
  }

  /**
   * The engine of a device, opened now if it is not. Where the one that is open is another model's,
   * or failed, this waits until nobody uses it.
   *
   * @throws UserException when it cannot be opened
   */
  static Lease borrow(Wanted wanted) throws InterruptedException {
    Engines place;
    synchronized (BY_DEVICE) {
      place = BY_DEVICE.computeIfAbsent(wanted.options.device().device(), _ -> new Engines());
    }
    return place.lease(wanted);
  }

  private synchronized Lease lease(Wanted wanted) throws InterruptedException {
    while (users > 0 && (failed || !wanted.equals(opened))) {
      wait();
    }
    if (opened != null && (failed || !wanted.equals(opened))) {
      opened = null;
      engine.close();
    }
    if (opened == null) {
      engine = open(wanted);
      opened = wanted;
      failed = false;
    }
    users++;
    return new Lease(this, engine);
  }

  private synchronized void giveUp(Engine broken) {
    failed |= broken == engine;
  }

  private synchronized void release() {
    users--;
    notifyAll();
  }

  private static Engine open(Wanted wanted) {
    if (ModuleLayer.boot().findModule(VECTOR).isEmpty()) {
      throw UserException.of(
          "the JVM was started without the module %s: put --add-modules %s"
              + " --enable-native-access=ALL-UNNAMED into spark.executor.extraJavaOptions",
          VECTOR, VECTOR);
    }
    long began = System.nanoTime();
    Model model = Model.open(found(wanted.model));
    int steps = EngineOptions.mostSteps(model);
    Engine engine = Engine.open(model, wanted.options.withSteps(steps));
    LOG.info(
        "engine opened on {} ({}) in {} ms",
        wanted.options.device().device(),
        engine.device(),
        (System.nanoTime() - began) / 1_000_000);
    return engine;
  }

  /** A model that is not where its name says is looked for among the files that Spark shipped. */
  private static String found(String model) {
    if (Files.exists(Path.of(model))) {
      return model;
    }
    String shipped = SparkFiles.get(model);
    return Files.exists(Path.of(shipped)) ? shipped : model;
  }
}
