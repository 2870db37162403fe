package muninn.model;

/**
 * How the weights of a family begin before training, in its own published code: normal around 0, by
 * what a matrix does. Norms begin with 1 and biases with 0 everywhere.
 *
 * <p>Some of that code truncates at three standard deviations, which takes 1.3 % off them. That is
 * left out: what devices draw is no normal distribution to the last digit either.
 */
enum Initialisation {
  /**
   * σ = {@code sqrt(2/(5d))}, for what is added to the residual stream {@code σ / sqrt(2·L)}, L = P
   * + r·C + Q being the blocks that a token passes (Takase et al. 2023, "Spike No More"): strategy
   * {@code takase} of {@code recpre/init.py}, with which Huginn was trained
   * (seal-rg/recurrent-pretraining). Its Hugging Face file starts the rows of "up" as if they were
   * added to the stream; the training code does not.
   */
  TAKASE {
    @Override
    double deviation(Layout.Weight weight, Config config) {
      double sigma = Math.sqrt(2.0 / (5.0 * config.width()));
      int blocks = config.prelude() + config.meanRecurrence() * config.core() + config.coda();
      return weight.role() == Layout.Role.RESIDUAL ? sigma / Math.sqrt(2.0 * blocks) : sigma;
    }
  },
  /**
   * 0.02 for all: {@code initializer_range} of Llama, Ouro and Nanbeige (their {@code
   * _init_weights}), {@code InitMethod.normal} of OLMo 2 (allenai/OLMo-core). A retrofitted model
   * begins with the weights of the model that it was, and an adapter as {@code torch.nn.Linear}
   * makes it, uniform within {@code 1/sqrt(inputs)}: the published conversion of Llamas leaves it
   * so (retrofitting-recurrence). A later one of OLMo 2 begins with {@code [0 | 1]}, which never
   * reads the state, so that nothing could be learnt here of how states settle.
   */
  NORMAL {
    @Override
    double deviation(Layout.Weight weight, Config config) {
      return weight.stage() == Stage.ADAPTER ? 1 / Math.sqrt(3.0 * weight.columns()) : 0.02;
    }
  };

  /** The standard deviation of a matrix's or a gate's first weights. */
  abstract double deviation(Layout.Weight weight, Config config);
}
