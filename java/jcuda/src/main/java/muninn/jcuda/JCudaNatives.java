package muninn.jcuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import muninn.UserException;

/**
 * Loads the native code that JCuda's jars carry. JCuda by itself unpacks it to fixed names in the
 * folder for temporary files and runs whatever lies there already, which on a machine with other
 * users may be theirs. Here it unpacks into a private folder, which is gone once it is loaded. To
 * be called before anything else of JCuda is.
 */
public final class JCudaNatives {
  private static final String TEMPORARY_FILES = "java.io.tmpdir";

  private JCudaNatives() {}

  /**
   * Loads what {@link JCudaDriver} needs; the first call does, the others nothing.
   *
   * @throws UserException when this machine cannot load it
   */
  public static void driver() {
    load(JCudaDriver.class, "libcuda.so.1");
  }

  /**
   * Loads what {@link JCublas2} needs, whose library must be loaded already.
   *
   * @throws UserException when this machine cannot load it
   */
  static void cublas(String library) {
    load(JCublas2.class, library);
  }

  /** Static initialisers do the work, so it is done once. */
  private static synchronized void load(Class<?> type, String library) {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    if (!os.startsWith("linux") || !arch.equals("amd64")) {
      throw UserException.of("JCuda has no native code for %s on %s here", os, arch);
    }
    String before = System.getProperty(TEMPORARY_FILES);
    Path folder = null;
    try {
      // Readable and writable for this user alone.
      folder = Files.createTempDirectory("muninn-jcuda");
      System.setProperty(TEMPORARY_FILES, folder.toString());
      MethodHandles.lookup().ensureInitialized(type);
    } catch (IOException e) {
      throw UserException.of(
          "%s: JCuda's native code cannot be unpacked there (%s); make it writable, or name another"
              + " folder with -D%s",
          before, e, TEMPORARY_FILES);
    } catch (LinkageError e) {
      throw UserException.because(
          e,
          "JCuda's native code cannot be loaded; it needs %s, and a folder for temporary files (%s)"
              + " that allows execution",
          library,
          before);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    } finally {
      System.setProperty(TEMPORARY_FILES, before);
      if (folder != null) {
        delete(folder);
      }
    }
  }

  /** The system keeps what is loaded. */
  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Loads the first of these libraries that can be loaded; JCuda's native code then finds it by its
   * name.
   *
   * @return how it was found, null for none
   */
  static String preload(List<String> libraries) {
    for (String library : libraries) {
      try {
        if (library.contains("/")) {
          SymbolLookup.libraryLookup(Path.of(library), Arena.global());
        } else {
          SymbolLookup.libraryLookup(library, Arena.global());
        }
        return library;
      } catch (IllegalArgumentException absent) {
        // the next one
      }
    }
    return null;
  }
}
