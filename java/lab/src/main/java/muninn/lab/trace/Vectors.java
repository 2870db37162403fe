package muninn.lab.trace;

/** Lengths and distances of latents, summed in double. */
final class Vectors {
  private Vectors() {}

  static double norm(float[] v) {
    double sum = 0;
    for (float x : v) {
      sum += (double) x * x;
    }
    return Math.sqrt(sum);
  }

  static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = (double) a[i] - b[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
