package muninn.model;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import muninn.UserException;

/**
 * Loads the native tokenizer library that the DJL jar carries. DJL's own loader is passed by on
 * purpose: it looks for GPUs, may download another build for them, and reports its use over the
 * network. Here the jar's CPU build is unpacked once into the user's cache folder, and nothing else
 * happens.
 */
final class NativeTokenizers {
  private static final String CACHE_PROPERTY = "muninn.cache";
  private static final Map<String, String> ARCHITECTURES =
      Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "aarch64", "arm64", "aarch64");

  private NativeTokenizers() {}

  private static final class Holder {
    static final TokenizersLibrary LIBRARY = load();
  }

  /**
   * The library, loaded at the first call.
   *
   * @throws UserException when this machine has no build of it, or the folder for it cannot be
   *     written
   */
  static TokenizersLibrary library() {
    try {
      return Holder.LIBRARY;
    } catch (ExceptionInInitializerError e) {
      if (e.getCause() instanceof UserException reason) {
        throw reason;
      }
      throw e;
    }
  }

  private static TokenizersLibrary load() {
    String platform = platform();
    String name = System.mapLibraryName("tokenizers");
    String resource = "native/lib/" + platform + "/cpu/" + name;
    URL source = TokenizersLibrary.class.getClassLoader().getResource(resource);
    if (source == null) {
      throw UserException.of(
          "the tokenizer library has no build for %s; give token ids instead of text (--tokens)",
          platform);
    }
    Path folder = cache();
    try {
      URLConnection connection = source.openConnection();
      connection.setUseCaches(false);
      // The size tells builds apart, and an unpacked file from one that was cut short.
      long bytes = connection.getContentLengthLong();
      Path library = folder.resolve("tokenizers-" + platform + "-" + bytes).resolve(name);
      if (!Files.isRegularFile(library) || Files.size(library) != bytes) {
        unpack(connection, library);
      } else {
        connection.getInputStream().close();
      }
      System.load(library.toAbsolutePath().toString());
      return TokenizersLibrary.LIB;
    } catch (IOException e) {
      throw UserException.of(
          "%s: the tokenizer library cannot be unpacked there (%s); make the folder writable or"
              + " name another one in the environment variable MUNINN_CACHE",
          folder, e);
    } catch (UnsatisfiedLinkError e) {
      throw UserException.of(
          "%s: the tokenizer library there cannot be loaded (%s); it needs glibc 2.34 or later and"
              + " a folder that allows execution: name another one in the environment variable"
              + " MUNINN_CACHE",
          folder, e.getMessage());
    }
  }

  /** To a file of another name first: a second process must never see half a library. */
  private static void unpack(URLConnection from, Path library) throws IOException {
    Files.createDirectories(library.getParent());
    Path part = Files.createTempFile(library.getParent(), "unpacking", ".part");
    try (InputStream in = from.getInputStream()) {
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, library, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String prefix = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "osx" : "unsupported";
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return prefix + "-" + ARCHITECTURES.getOrDefault(arch, arch);
  }

  /** The user's own cache folder, never a shared one: what lies there is run. */
  private static Path cache() {
    String named = System.getProperty(CACHE_PROPERTY, System.getenv("MUNINN_CACHE"));
    if (named != null && !named.isBlank()) {
      return Path.of(named);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    return xdg != null && !xdg.isBlank()
        ? Path.of(xdg, "muninn")
        : Path.of(System.getProperty("user.home"), ".cache", "muninn");
  }
}
