package muninn.lab.report;

/** The script of ECharts, which draws charts in a browser: of reports, and of the server's page. */
public final class ChartScript {
  /** Where it lies on the class path. */
  public static final String PATH = "/META-INF/resources/webjars/echarts/5.3.1/dist/echarts.min.js";

  private ChartScript() {}
}
