package muninn.model;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.Context.Library;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.Importable;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Jinjava set up as Hugging Face sets up Jinja for chat templates ({@code raise_exception}, the
 * {@code generation} block; white space is settled by {@link JinjaSource}), and fenced in: no
 * files, no Java objects, no methods, bounded output and work. Only tags, filters and functions are
 * left in that do the same in both Jinjas.
 */
final class JinjaEnvironment {
  private static final int MAX_OUTPUT_CHARS = 16 << 20;
  private static final int MAX_NODES = 300_000;
  private static final int MAX_ITEMS = 100_000;

  private static final Set<String> FUNCTIONS = Set.of("range", "namespace", "raise_exception");

  private JinjaEnvironment() {}

  /** What {@code raise_exception} throws; its message is the template's own words. */
  static final class Raised extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Raised(String message) {
      super(message);
    }
  }

  /** Called by templates as {@code raise_exception}. */
  static String raise(String message) {
    throw new Raised(message);
  }

  /** The words of the {@code raise_exception} that a failure came from. */
  static Optional<String> raised(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof Raised) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
    }
    return Optional.empty();
  }

  /** A fresh environment; it counts its work, so it serves one rendering. */
  static Jinjava create() {
    Context known = new Jinjava().getGlobalContext();
    Map<Library, Set<String>> disabled =
        Map.of(
            Library.TAG, others(known.getAllTags(), JinjaScreen.TAGS),
            Library.FILTER, others(known.getAllFilters(), JinjaScreen.FILTERS),
            Library.FUNCTION, others(known.getAllFunctions(), FUNCTIONS));
    Jinjava jinjava =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withKeepTrailingNewline(true)
                .withNestedInterpretationEnabled(false)
                .withEnableRecursiveMacroCalls(false)
                .withLocale(Locale.ROOT)
                .withMaxOutputSize(MAX_OUTPUT_CHARS)
                .withMaxStringLength(MAX_OUTPUT_CHARS)
                .withMaxListSize(MAX_ITEMS)
                .withMaxMapSize(MAX_ITEMS)
                .withRangeLimit(MAX_ITEMS)
                .withMaxRenderDepth(20)
                .withElResolver(new JinjaData())
                .withInterperterFactory(new JinjaInterpreter.Factory())
                .withProcessors(
                    JinjavaProcessors.newBuilder().withNodePreProcessor(new WorkLimit()).build())
                .withLegacyOverrides(
                    LegacyOverrides.newBuilder()
                        .withEvaluateMapKeys(true)
                        .withIterateOverMapKeys(true)
                        .withUsePyishObjectMapper(true)
                        .withUseNaturalOperatorPrecedence(true)
                        .withParseWhitespaceControlStrictly(true)
                        .withUseTrimmingForNotesAndExpressions(true)
                        .withKeepNullableLoopValues(true)
                        .withAllowAdjacentTextNodes(true)
                        .withHandleBackslashInQuotesOnly(true)
                        .build())
                .withDisabled(disabled)
                .build());
    jinjava.registerTag(new GenerationTag());
    jinjava.registerFilter(new TrimFilter());
    jinjava.registerFilter(new LengthFilter("length"));
    jinjava.registerFilter(new LengthFilter("count"));
    jinjava.registerExpTest(new NoneTest());
    jinjava.registerFunction(new ELFunctionDefinition("", "raise_exception", raiseMethod()));
    jinjava.setResourceLocator(
        (name, encoding, interpreter) -> {
          throw new IllegalStateException("a chat template may not read " + name);
        });
    return jinjava;
  }

  private static Method raiseMethod() {
    try {
      Method method = JinjaEnvironment.class.getDeclaredMethod("raise", String.class);
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<String> others(Collection<? extends Importable> all, Set<String> allowed) {
    return all.stream()
        .map(Importable::getName)
        .map(name -> name.startsWith(":") ? name.substring(1) : name)
        .filter(name -> !allowed.contains(name) && !name.startsWith("end"))
        .collect(Collectors.toSet());
  }

  /** Ends a template that would go on for very long. */
  private static final class WorkLimit implements BiConsumer<Node, JinjavaInterpreter> {
    private int nodes;

    @Override
    public void accept(Node node, JinjavaInterpreter interpreter) {
      if (++nodes > MAX_NODES) {
        throw new IllegalStateException("more than " + MAX_NODES + " steps");
      }
    }
  }

  /** Marks what the assistant said, for training; here its inside passes through. */
  private static final class GenerationTag implements Tag {
    private static final long serialVersionUID = 1L;

    @Override
    public String getName() {
      return "generation";
    }

    @Override
    public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
      StringBuilder inside = new StringBuilder();
      for (Node node : tag.getChildren()) {
        inside.append(node.render(interpreter).getValue());
      }
      return inside.toString();
    }
  }

  /** Strips what Python strips. */
  private static final class TrimFilter implements Filter {
    @Override
    public String getName() {
      return "trim";
    }

    @Override
    public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
      if (arguments.length > 0) {
        throw new IllegalArgumentException("trim with arguments");
      }
      return value == null ? "" : PythonText.strip(value.toString());
    }
  }

  /** Counts characters as Python does, not halves of surrogate pairs. */
  private static final class LengthFilter implements Filter {
    private final String name;

    LengthFilter(String name) {
      this.name = name;
    }

    @Override
    public String getName() {
      return name;
    }

    @Override
    public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
      return switch (value) {
        case null -> 0;
        case String text -> text.codePointCount(0, text.length());
        case Collection<?> items -> items.size();
        case Map<?, ?> map -> map.size();
        default ->
            throw new IllegalArgumentException("length of a " + value.getClass().getSimpleName());
      };
    }
  }

  /**
   * Is never true: Java's null stands for what is undefined, and {@link JinjaScreen} lets no
   * template make a None of its own.
   */
  private static final class NoneTest implements ExpTest {
    @Override
    public String getName() {
      return "none";
    }

    @Override
    public boolean evaluate(Object value, JinjavaInterpreter interpreter, Object... arguments) {
      return false;
    }
  }
}
