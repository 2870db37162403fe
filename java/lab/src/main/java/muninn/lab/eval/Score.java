package muninn.lab.eval;

/**
 * Right answers out of all, with the 95 % interval of Wilson (1927), which holds near 0 and 1 too.
 */
public record Score(int correct, int total) {
  private static final double Z = 1.959963984540054;

  public double accuracy() {
    return total == 0 ? 0 : (double) correct / total;
  }

  public double low() {
    return correct == 0 ? 0 : centre() - spread();
  }

  public double high() {
    return correct == total ? 1 : centre() + spread();
  }

  /** This score with one more answer. */
  Score plus(boolean right) {
    return new Score(correct + (right ? 1 : 0), total + 1);
  }

  private double centre() {
    return (accuracy() + Z * Z / (2 * total)) / (1 + Z * Z / total);
  }

  private double spread() {
    double p = accuracy();
    double variance = p * (1 - p) / total + Z * Z / (4.0 * total * total);
    return Z / (1 + Z * Z / total) * Math.sqrt(variance);
  }
}
