package muninn.kernels.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import muninn.UserException;
import muninn.cuda.Context;
import muninn.cuda.Stream;

/**
 * Which matrix library a device takes for the linears of many lanes: the one asked for by name, the
 * first that opens where any will do, or none.
 *
 * @param gemm the library, empty where our own kernels do everything
 * @param reasons why others were not taken, a sentence each
 */
public record Gemms(Optional<Gemm> gemm, List<String> reasons) {
  /** Any library that is there, else none. */
  public static final String AUTO = "auto";

  /** No library. */
  public static final String OWN = "own";

  /** The order in which any of them is looked for; others come after these. */
  private static final List<String> PREFERRED = List.of("cublaslt", "jcublas");

  /**
   * Opens it for products on one stream of a context.
   *
   * @param choice {@code auto}, {@code own}, or the name of a provider
   * @throws UserException when it is asked for by name, and does not open or is not known
   */
  public static Gemms open(String choice, Context context, Stream stream) {
    return open(choice, providers(), context, stream);
  }

  static Gemms open(String choice, List<GemmProvider> providers, Context context, Stream stream) {
    if (choice.equals(OWN)) {
      return new Gemms(Optional.empty(), List.of());
    }
    List<String> reasons = new ArrayList<>();
    for (GemmProvider provider : providers) {
      if (choice.equals(provider.name())) {
        return new Gemms(Optional.of(provider.open(context, stream)), List.of());
      }
      if (choice.equals(AUTO)) {
        try {
          return new Gemms(Optional.of(provider.open(context, stream)), List.copyOf(reasons));
        } catch (UserException e) {
          reasons.add(provider.name() + ": " + e.getMessage());
        }
      }
    }
    if (!choice.equals(AUTO)) {
      List<String> names = new ArrayList<>(List.of(AUTO, OWN));
      providers.forEach(provider -> names.add(provider.name()));
      throw UserException.of(
          "gemm=%s: no such matrix library here; known are %s%s",
          choice,
          String.join(", ", names),
          choice.equals("jcublas") ? "; jcublas comes with the jar of java/jcuda" : "");
    }
    return new Gemms(Optional.empty(), List.copyOf(reasons));
  }

  private static List<GemmProvider> providers() {
    return ServiceLoader.load(GemmProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(Gemms::place))
        .toList();
  }

  private static int place(GemmProvider provider) {
    int place = PREFERRED.indexOf(provider.name());
    return place < 0 ? PREFERRED.size() : place;
  }
}
