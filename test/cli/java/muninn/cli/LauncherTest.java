package muninn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script {@code muninn}, in a copy of the clone that is built already, with a JDK that writes
 * what it was started with instead of being Java.
 */
class LauncherTest {
  private static final Path CLONE = Path.of("../..");

  private static final String JAVA =
      """
      #!/bin/sh
      printf 'locale %s\\n' "${LC_ALL:-}"
      for argument; do printf '<%s>\\n' "$argument"; done
      """;

  @TempDir Path folder;
  private final Map<String, String> variables = new HashMap<>();
  private Path jdk;
  private Path programs;

  private record Started(int code, List<String> out, String err) {
    /** The folder that the class path names, which must hold no colon. */
    Path application() {
      String jars = out.get(out.indexOf("<-cp>") + 1);
      assertThat(jars).matches("<[^:]+/muninn\\.jar:[^:]+/lib/kernels\\.jar>");
      return Path.of(jars.substring(1, jars.indexOf("/muninn.jar:")));
    }

    List<String> given() {
      return out.subList(out.indexOf("<muninn.cli.Start>") + 1, out.size());
    }
  }

  @BeforeEach
  void programsWithoutMaven() throws IOException {
    programs = Files.createDirectory(folder.resolve("programs"));
    for (String name :
        "dirname readlink find locale cksum tr mkdir ln rm sed cat date".split(" ", -1)) {
      Path there =
          Stream.of("/usr/bin", "/bin")
              .map(bin -> Path.of(bin, name))
              .filter(Files::exists)
              .findFirst()
              .orElseThrow();
      program(programs.resolve(name), "#!/bin/sh\nexec %s \"$@\"\n".formatted(there));
    }
  }

  @BeforeEach
  void aJdk() throws IOException {
    jdk = Files.createDirectories(folder.resolve("jdk/bin")).getParent();
    program(jdk.resolve("bin/java"), JAVA);
    program(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
    old(jdk.resolve("release"));
  }

  @Test
  void whatAClassPathNamesAndIsNotThereIsNamed() throws Exception {
    Path clone = builtClone("clone");
    String jar = folder.resolve("none.jar").toString();
    variables.put("MUNINN_CLASSPATH", clone + ":" + jar);

    Started started = start(clone.resolve("muninn"), "generate");

    assertThat(started.code()).isEqualTo(1);
    assertThat(started.err())
        .isEqualTo(
            "muninn: MUNINN_CLASSPATH names '%s', which is not there: name jars or folders, with :"
                    .formatted(jar)
                + " between\n");

    variables.put("MUNINN_CLASSPATH", clone + "/*:" + clone);
    assertThat(start(clone.resolve("muninn"), "generate").code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "a:b",
        ":",
        "with space",
        "-dash",
        "@at",
        "it's \"quoted\"",
        "$HOME `id`",
        "*",
        "a\\b"
      })
  void aCloneStartsFromAFolderOfAnyName(String name) throws Exception {
    Path clone = builtClone(name);

    Started started = start(clone.resolve("muninn"), "generate", "12+34=");

    assertThat(started.err()).isEmpty();
    assertThat(started.code()).isZero();
    assertThat(started.application().toRealPath())
        .isEqualTo(clone.resolve(".muninn/app").toRealPath());
    assertThat(started.out()).contains("<-Dmuninn.home=%s>".formatted(clone.toRealPath()));
  }

  @Test
  void argumentsArriveAsTheyWereTyped() throws Exception {
    List<String> typed =
        List.of(
            "generate",
            "",
            " two  words ",
            "*",
            "$HOME",
            "-",
            "--",
            "@file",
            "a\\nb",
            "'\"",
            "größe");

    Started started = start(builtClone("clone").resolve("muninn"), typed.toArray(String[]::new));

    assertThat(started.given()).isEqualTo(typed.stream().map("<%s>"::formatted).toList());
  }

  @Test
  void aLinkToTheLauncherFindsItsClone() throws Exception {
    Path clone = builtClone("clone");
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("once"), Path.of("../clone/muninn"));
    Files.createSymbolicLink(bin.resolve("twice"), bin.resolve("once"));

    Started started = start(bin.resolve("twice"), "generate");

    assertThat(started.application().toRealPath())
        .isEqualTo(clone.resolve(".muninn/app").toRealPath());
  }

  @Test
  void namesAreReadAsUtf8WhateverTheLocale() throws Exception {
    assertThat(start(builtClone("clone").resolve("muninn")).out()).startsWith("locale C.UTF-8");
  }

  @Test
  void whatIsCompiledForTheCpuNeedNotBeThere() throws Exception {
    Path clone = builtClone("clone");
    Files.delete(clone.resolve("native/cpu/product.cpp"));
    Files.delete(clone.resolve("native/cpu"));

    Started started = start(clone.resolve("muninn"), "generate");

    assertThat(started.err()).isEmpty();
    assertThat(started.code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "java/engine/src/main/A.java",
        "java/engine/pom.xml",
        "pom.xml",
        "native/cpu/product.cpp",
        "tools/build-muninn.sh"
      })
  void aSourceThatChangedIsBuiltFirst(String source) throws Exception {
    Path clone = builtClone("clone");
    Files.setLastModifiedTime(clone.resolve(source), FileTime.from(Instant.now().plusSeconds(60)));

    Started started = start(clone.resolve("muninn"), "generate");

    // There is no Maven among the programs that the test lets the script find.
    assertThat(started.code()).isEqualTo(1);
    assertThat(started.out()).isEmpty();
    assertThat(started.err()).startsWith("muninn: mvn not found");
  }

  @Test
  void aReleaseStartsItsOwnJavaFromAnyFolder() throws Exception {
    Path release =
        Files.createDirectories(folder.resolve("a: b/app/runtime/bin"))
            .getParent()
            .getParent()
            .getParent();
    copy("muninn", release);
    program(release.resolve("app/runtime/bin/java"), JAVA);
    Files.createFile(release.resolve("app/muninn.jsa"));

    Started started = start(release.resolve("muninn"), "--version");

    assertThat(started.err()).isEmpty();
    assertThat(started.given()).containsExactly("<--version>");
    assertThat(started.application().toRealPath()).isEqualTo(release.resolve("app").toRealPath());
  }

  /** A clone that was built by the JDK of this test, after its sources were written. */
  private Path builtClone(String name) throws IOException {
    Path clone = Files.createDirectory(folder.resolve(name));
    for (String source : List.of("muninn", "tools/build-muninn.sh", "tools/find-jdk.sh")) {
      copy(source, clone);
    }
    for (String source :
        List.of(
            "pom.xml",
            "java/engine/pom.xml",
            "java/engine/src/main/A.java",
            "native/cpu/product.cpp")) {
      Path file = clone.resolve(source);
      Files.createDirectories(file.getParent());
      Files.createFile(file);
      old(file);
    }
    Path app = Files.createDirectories(clone.resolve(".muninn/app"));
    Files.createFile(app.resolve("muninn.jsa"));
    Files.writeString(app.resolve("built"), "%s\n%s  %s\n".formatted(jdk, jdk, programs));
    return clone;
  }

  /**
   * Runs a launcher that finds the JDK of this test, and of programs none but those that it needs.
   */
  private Started start(Path launcher, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.environment().put("MUNINN_JAVA_HOME", jdk.toString());
    builder.environment().putAll(variables);
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Started(process.exitValue(), Files.readAllLines(out), Files.readString(err));
  }

  private static void copy(String source, Path clone) throws IOException {
    Path file = clone.resolve(source);
    Files.createDirectories(file.getParent());
    Files.copy(CLONE.resolve(source), file, StandardCopyOption.COPY_ATTRIBUTES);
    old(file);
  }

  private static void old(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
  }

  private static void program(Path file, String script) throws IOException {
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
