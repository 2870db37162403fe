package muninn.lab.trace;

/** The distribution over tokens that logits stand for, as log-probabilities in double. */
record Distribution(double[] logProbs, int mostProbable) {

  static Distribution of(float[] logits) {
    int most = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[most]) {
        most = i;
      }
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp((double) logit - logits[most]);
    }
    double log = logits[most] + Math.log(sum);
    double[] logProbs = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      logProbs[i] = logits[i] - log;
    }
    return new Distribution(logProbs, most);
  }

  double probability(int token) {
    return Math.exp(logProbs[token]);
  }

  /** KL(this ‖ other) in nats; never below 0. */
  double divergence(Distribution other) {
    double sum = 0;
    for (int i = 0; i < logProbs.length; i++) {
      double p = Math.exp(logProbs[i]);
      if (p > 0) {
        sum += p * (logProbs[i] - other.logProbs[i]);
      }
    }
    return Math.max(0, sum);
  }
}
