package muninn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where {@code ./muninn} enters: makes the Vector API visible, then runs {@code Main}.
 *
 * <p>The module incubates, so the JVM warns on stderr whenever {@code --add-modules} names it, and
 * has no switch against that. Loading it here, the way the JDK loads its own agents, is silent; the
 * launcher opens the door with {@code --add-exports java.base/jdk.internal.module=ALL-UNNAMED} and
 * sets {@code -XX:+EnableVectorSupport}, which {@code --add-modules} would have done.
 */
public final class Start {
  private static final String VECTOR = "jdk.incubator.vector";

  /** The archive of classes that the launcher named to the JVM. */
  private static final String ARCHIVE = "muninn.archive";

  private Start() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    if (ModuleLayer.boot().findModule(VECTOR).isEmpty()) {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, VECTOR);
    }
    forgetRejectedArchive();
    Main.main(arguments);
  }

  /**
   * The JVM says nothing when it does not take the archive, as after the folder was copied (jars
   * have other times then) or the JDK was updated. Without its file the launcher makes a new one.
   */
  private static void forgetRejectedArchive() {
    String archive = System.getProperty(ARCHIVE);
    if (archive == null || System.getProperty("java.vm.info").contains("sharing")) {
      return;
    }
    try {
      Files.deleteIfExists(Path.of(archive));
    } catch (IOException e) {
      // A folder that cannot be written; starts stay slow, and everything works.
    }
  }
}
