import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars without the native libraries of other machines than this, and without compression:
 * what compresses all of them together does better. For {@code tools/pack}, which runs it as {@code
 * java Trim.java TARGET JAR...}.
 */
final class Trim {
  private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib|a)");

  public static void main(String[] arguments) throws IOException {
    List<String> here = platforms();
    for (String jar : List.of(arguments).subList(1, arguments.length)) {
      copy(Path.of(jar), Path.of(arguments[0]), here);
    }
  }

  /** What folders of jars call this machine. */
  private static List<String> platforms() {
    String arch = System.getProperty("os.arch");
    if (!System.getProperty("os.name").equals("Linux") || !arch.matches("amd64|aarch64")) {
      throw new IllegalStateException("packs are made on Linux, on x86-64 or arm64");
    }
    return arch.equals("amd64")
        ? List.of("/linux-x86_64/", "/linux-x86-64/", "/Linux/x86_64/")
        : List.of("/linux-aarch64/", "/Linux/arm64/");
  }

  private static void copy(Path jar, Path folder, List<String> here) throws IOException {
    try (ZipFile in = new ZipFile(jar.toFile());
        ZipOutputStream out =
            new ZipOutputStream(Files.newOutputStream(folder.resolve(jar.getFileName())))) {
      for (ZipEntry entry : in.stream().toList()) {
        String name = entry.getName();
        boolean foreign = NATIVE.matcher(name).matches() && here.stream().noneMatch(name::contains);
        if (entry.isDirectory() || foreign) {
          continue;
        }
        try (InputStream content = in.getInputStream(entry)) {
          byte[] bytes = content.readAllBytes();
          CRC32 crc = new CRC32();
          crc.update(bytes);
          ZipEntry stored = new ZipEntry(name);
          stored.setMethod(ZipEntry.STORED);
          stored.setSize(bytes.length);
          stored.setCrc(crc.getValue());
          stored.setTime(entry.getTime());
          out.putNextEntry(stored);
          out.write(bytes);
          out.closeEntry();
        }
      }
    }
  }
}
