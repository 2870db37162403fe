package muninn.cli;

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

  private Start() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    if (ModuleLayer.boot().findModule(VECTOR).isEmpty()) {
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, VECTOR);
    }
    Main.main(arguments);
  }
}
