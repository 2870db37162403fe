package muninn.cuda;

/**
 * A graph ready to be launched; see {@link Graph#instantiate} and {@link Stream#launch(GraphExec)}.
 */
public final class GraphExec extends Handle {
  GraphExec(Context context, long handle) {
    super(context, handle, true);
  }

  /** Brings it to the device ahead of its first launch. */
  public void upload(Stream stream) {
    context.driver.check("cuGraphUpload", context.api.graphUpload(value(), stream.value()));
  }

  /**
   * Takes over the arguments and launch sizes of another recording, which costs a tenth of
   * instantiating it.
   *
   * @return false when the other one does not do the same things in the same order: instantiate it
   */
  public boolean update(Graph graph) {
    // CUgraphExecUpdateResultInfo, 24 bytes, fits the scratch.
    int code = context.api.graphExecUpdate(value(), graph.value(), context.scratch.address());
    if (code == Status.GRAPH_EXEC_UPDATE_FAILURE) {
      return false;
    }
    context.driver.check("cuGraphExecUpdate", code);
    return true;
  }

  @Override
  void release(long handle) {
    context.driver.check("cuGraphExecDestroy", context.api.graphExecDestroy(handle));
  }
}
