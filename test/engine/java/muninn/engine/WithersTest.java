package muninn.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import muninn.engine.request.Exit;
import muninn.engine.request.ExitRule;
import muninn.engine.request.KnownExit;
import muninn.engine.request.Options;
import muninn.engine.request.Sampling;
import muninn.engine.request.Thinking;
import muninn.model.KvSharing;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The records of options that are made from one another, a component at a time. */
class WithersTest {
  /** A value of each type that no default has. */
  private static final Map<Class<?>, Object> OTHERS =
      Map.of(
          int.class, 17,
          long.class, 17L,
          float.class, 0.17f,
          boolean.class, true,
          List.class, List.of("17"),
          Map.class, Map.of(17, 0.17f),
          Sampling.class, Sampling.GREEDY.withSeed(17),
          Thinking.class, Thinking.PLAIN.withKv(KvSharing.parse("mod:17")),
          KvSharing.class, KvSharing.parse("mod:17"),
          ExitRule.class, KnownExit.Kind.KL.rule());

  static Stream<Record> records() {
    return Stream.of(Options.DEFAULT, Sampling.GREEDY, Exit.NEVER);
  }

  @ParameterizedTest
  @MethodSource("records")
  void aComponentIsSetAndNoOtherChanges(Record before) throws ReflectiveOperationException {
    for (RecordComponent set : before.getClass().getRecordComponents()) {
      String name = set.getName();
      Method with =
          before
              .getClass()
              .getMethod(
                  "with" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1),
                  set.getType());
      Object value = OTHERS.get(set.getType());
      Object after = with.invoke(before, value);
      for (RecordComponent component : before.getClass().getRecordComponents()) {
        Object wanted =
            component.getName().equals(name) ? value : component.getAccessor().invoke(before);
        assertEquals(wanted, component.getAccessor().invoke(after), name + " " + component);
      }
    }
  }
}
