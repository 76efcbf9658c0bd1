using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Submits, reads and controls workflows.</summary>
public sealed class WorkflowCalls
{
    private const string Root = "/api/v1/workflows";
    private readonly Gateway gateway;

    internal WorkflowCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Submits a workflow. The service accepts all of it or nothing.</summary>
    /// <param name="spec">The workflow.</param>
    /// <param name="idempotencyKey">
    /// A key under which the service accepts the workflow once within 24 hours; null for a new one.
    /// </param>
    /// <param name="cancellation">Cancels the call, but not a workflow that was accepted.</param>
    public Task<WorkflowDetails> SubmitAsync(
        WorkflowSpec spec, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        gateway.CreateAsync(
            Root, spec, ApiJson.Default.WorkflowSpec, idempotencyKey, ApiJson.Default.WorkflowDetails, cancellation);

    /// <summary>Gets a workflow.</summary>
    public Task<WorkflowDetails> GetAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(id), ApiJson.Default.WorkflowDetails, cancellation);

    /// <summary>Waits until a workflow has ended. Cancelling ends the wait, not the workflow.</summary>
    public async Task<WorkflowDetails> WaitAsync(string id, CancellationToken cancellation = default)
    {
        while (true)
        {
            var workflow = await gateway.GetAsync(PathOf(id) + "?wait=60s", ApiJson.Default.WorkflowDetails, cancellation)
                .ConfigureAwait(false);
            if (workflow.HasEnded)
                return workflow;
        }
    }

    /// <summary>Lists workflows, the newest first. Further pages are read as they are needed.</summary>
    public IAsyncEnumerable<WorkflowDetails> ListAsync(
        RunFilter? filter = null, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => RunQuery.Of(Root, filter), pageSize, ApiJson.Default.PageWorkflowDetails, cancellation);

    /// <summary>Lists the nodes of a workflow, in the order in which they were submitted.</summary>
    public IAsyncEnumerable<WorkflowNodeDetails> NodesAsync(
        string id, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => new Query(PathOf(id) + "/nodes"), pageSize, ApiJson.Default.PageWorkflowNodeDetails, cancellation);

    /// <summary>Cancels what runs or waits; when it is repeated, also the nodes that clean up.</summary>
    public Task<WorkflowDetails> CancelAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/cancel", ApiJson.Default.WorkflowDetails, cancellation);

    /// <summary>Runs again what failed, was cancelled or was skipped.</summary>
    public Task<WorkflowDetails> RetryAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/retry", ApiJson.Default.WorkflowDetails, cancellation);

    /// <summary>
    /// Lists the files that the nodes of a workflow left, by node, item and path. Fails with 404 <c>no-artifacts</c> if
    /// no node that has ended keeps files.
    /// </summary>
    /// <param name="id">The workflow's id.</param>
    /// <param name="pageSize">The number of files of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<WorkflowArtifact> ListArtifactsAsync(
        string id, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(PathOf(id) + "/artifacts"), pageSize, ApiJson.Default.PageWorkflowArtifact, cancellation);

    private static string PathOf(string id) => $"{Root}/{PathSegment.Of(id)}";
}
