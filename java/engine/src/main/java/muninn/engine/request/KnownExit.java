package muninn.engine.request;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An exit rule of the published code, with its threshold. All but {@code argmax-stability} and
 * {@code gate} fire when a measure falls below the threshold.
 */
public record KnownExit(Kind kind, float threshold) implements ExitRule {

  /** The rules by name, each with the threshold it has when none is stated. */
  public enum Kind {
    /** {@code ‖s − s'‖ / ‖s‖} of the latent. */
    LATENT_DIFF(Sees.LATENT, 0.03f),
    /** {@code 1 − cos(s, s')} of the latent. */
    COSINE(Sees.LATENT, 1e-3f),
    /**
     * How far the latent has yet to go, of its length, if each step goes on to be shorter than the
     * one before by the same ratio r: {@code ‖s − s'‖ · r/(1 − r) / ‖s‖}. Where a step was not
     * shorter it does not fire.
     */
    CONTRACTION(Sees.PATH, 0.02f),
    /** {@code KL(before ‖ now)} of the next token's distribution. */
    KL(Sees.OUTPUT, 5e-4f),
    /** The same where improbable tokens count alike. */
    MINP_KL(Sees.OUTPUT, 1e-5f),
    /** How much the entropy of the next token's distribution moved. */
    ENTROPY_DIFF(Sees.OUTPUT, 1e-3f),
    /** The most probable token was the same as before, so many times in a row. */
    ARGMAX_STABILITY(Sees.OUTPUT, 5),
    /**
     * By the trained gate thinking has ended by now with at least this probability (Zhu et al.
     * 2025). At 1 it never fires: sums of probabilities near 1 may round to it.
     */
    GATE(Sees.GATE, 0.5f);

    private final Sees sees;
    private final float threshold;

    Kind(Sees sees, float threshold) {
      this.sees = sees;
      this.threshold = threshold;
    }

    /** The name on the command line: {@code latent-diff} and so on. */
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The rule with its own threshold. */
    public KnownExit rule() {
      return new KnownExit(this, threshold);
    }

    /** The rule of this name; empty when there is none. */
    public static Optional<Kind> of(String id) {
      return Arrays.stream(values()).filter(kind -> kind.id().equals(id)).findFirst();
    }

    /** All names, for a user to see. */
    public static String ids() {
      return names(_ -> true);
    }

    /** The names of those that look at this. */
    public static String seeing(Predicate<Sees> what) {
      return names(kind -> what.test(kind.sees));
    }

    /** Each with its threshold. */
    static String thresholds() {
      return Arrays.stream(values())
          .map(kind -> kind.id() + " " + number(kind.threshold))
          .collect(Collectors.joining(", "));
    }

    private static String number(float threshold) {
      String text = Float.toString(threshold).toLowerCase(Locale.ROOT);
      return text.replaceFirst("\\.0(?=e|$)", "");
    }

    private static String names(Predicate<Kind> which) {
      return Arrays.stream(values()).filter(which).map(Kind::id).collect(Collectors.joining(", "));
    }
  }

  @Override
  public Sees sees() {
    return kind.sees;
  }

  @Override
  public Watch watch() {
    return switch (kind) {
      case LATENT_DIFF -> look -> look.change() < threshold;
      case COSINE -> look -> look.cosine() < threshold;
      case CONTRACTION -> new Contraction(threshold);
      case KL -> look -> look.kl() < threshold;
      case MINP_KL -> look -> look.minpKl() < threshold;
      case ENTROPY_DIFF -> new EntropyDiff(threshold);
      case ARGMAX_STABILITY -> new ArgmaxStability(threshold);
      case GATE -> new Ended(threshold);
    };
  }

  private static final class Contraction implements Watch {
    private final float threshold;
    private float before = Float.NaN; // of the first step there is no ratio

    Contraction(float threshold) {
      this.threshold = threshold;
    }

    @Override
    public boolean enough(Look look) {
      double ratio = (double) look.moved() / before;
      before = look.moved();
      boolean stands = look.moved() == 0; // as it may have done before
      return stands || (ratio < 1 && look.change() * ratio / (1 - ratio) < threshold);
    }
  }

  private static final class EntropyDiff implements Watch {
    private final float threshold;
    private float before = 100; // far from any entropy, as the published code has it

    EntropyDiff(float threshold) {
      this.threshold = threshold;
    }

    @Override
    public boolean enough(Look look) {
      float moved = Math.abs(look.entropy() - before);
      before = look.entropy();
      return moved < threshold;
    }
  }

  private static final class ArgmaxStability implements Watch {
    private final float threshold;
    private int before = -1;
    private int inARow;

    ArgmaxStability(float threshold) {
      this.threshold = threshold;
    }

    @Override
    public boolean enough(Look look) {
      inARow = look.argmax() == before ? inARow + 1 : 0;
      before = look.argmax();
      return inARow >= threshold;
    }
  }

  /** The probability of steps is the gate's, of those that come so far. */
  private static final class Ended implements Watch {
    private final float threshold;
    private double goesOn = 1;

    Ended(float threshold) {
      this.threshold = threshold;
    }

    @Override
    public boolean enough(Look look) {
      goesOn *= 1 - (double) look.gate();
      return threshold < 1 && 1 - goesOn >= threshold;
    }
  }
}
