using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Submits, reads and controls tasks.</summary>
public sealed class TaskCalls
{
    private const string Root = "/api/v1/tasks";
    private static readonly CamelWordConverter<TaskState> States = new();
    private static readonly KebabWordConverter<EndReason> Reasons = new();
    private readonly Gateway gateway;

    internal TaskCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Submits a task. When the call returns, the task is on disk.</summary>
    /// <param name="spec">The task.</param>
    /// <param name="idempotencyKey">
    /// A key under which the service accepts the task once within 24 hours, also across programs; null for a new one.
    /// </param>
    /// <param name="cancellation">Cancels the call, but not a task that was accepted.</param>
    public Task<TaskDetails> SubmitAsync(
        TaskSpec spec, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        gateway.CreateAsync(
            Root, spec, ApiJson.Default.TaskSpec, idempotencyKey, ApiJson.Default.TaskDetails, cancellation);

    /// <summary>Submits up to 10,000 tasks of one queue. The service accepts all of them or none.</summary>
    /// <param name="specs">The tasks.</param>
    /// <param name="idempotencyKey">
    /// A key under which the service accepts the batch once within 24 hours; null for a new one.
    /// </param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<BatchAccepted> SubmitBatchAsync(
        IReadOnlyList<TaskSpec> specs, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        gateway.CreateAsync(
            Root + "/batch", new BatchSpec(specs), ApiJson.Default.BatchSpec, idempotencyKey, ApiJson.Default.BatchAccepted,
            cancellation);

    /// <summary>Submits a task and waits until it has ended.</summary>
    public async Task<TaskDetails> RunAsync(
        TaskSpec spec, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        var task = await SubmitAsync(spec, idempotencyKey, cancellation).ConfigureAwait(false);
        return await WaitAsync(task.Id, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gets a task.</summary>
    public Task<TaskDetails> GetAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(id), ApiJson.Default.TaskDetails, cancellation);

    /// <summary>
    /// Waits until a task has ended, however long that takes. Cancelling ends the wait, not the task.
    /// </summary>
    public async Task<TaskDetails> WaitAsync(string id, CancellationToken cancellation = default)
    {
        while (true)
        {
            var task = await gateway.GetAsync(PathOf(id) + "?wait=60s", ApiJson.Default.TaskDetails, cancellation)
                .ConfigureAwait(false);
            if (task.HasEnded)
                return task;
        }
    }

    /// <summary>Gets the counts of a batch.</summary>
    public Task<BatchCounts> GetBatchAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync($"/api/v1/batches/{PathSegment.Of(id)}", ApiJson.Default.BatchCounts, cancellation);

    /// <summary>Waits until all tasks of a batch have ended.</summary>
    public async Task<BatchCounts> WaitBatchAsync(string id, CancellationToken cancellation = default)
    {
        while (true)
        {
            var batch = await gateway.GetAsync(
                $"/api/v1/batches/{PathSegment.Of(id)}?wait=60s", ApiJson.Default.BatchCounts, cancellation)
                .ConfigureAwait(false);
            if (batch.Ended)
                return batch;
        }
    }

    /// <summary>Lists tasks, the newest first. Further pages are read as they are needed.</summary>
    /// <param name="filter">The filters; null for all tasks.</param>
    /// <param name="pageSize">The number of tasks of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<TaskRow> ListAsync(
        TaskFilter? filter = null, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => QueryOf(filter).Add("view", "row"), pageSize, ApiJson.Default.PageTaskRow, cancellation);

    /// <summary>
    /// Asks a task to end. The task keeps its state until its processes are dead. Fails with 409
    /// <c>task-finished</c> if it has ended.
    /// </summary>
    public Task<TaskDetails> CancelAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/cancel", ApiJson.Default.TaskDetails, cancellation);

    /// <summary>
    /// Queues a failed or cancelled task again, with full budgets. Fails with 409 <c>not-retryable</c> for others.
    /// </summary>
    public Task<TaskDetails> RetryAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/retry", ApiJson.Default.TaskDetails, cancellation);

    /// <summary>Returns why a task does not run yet.</summary>
    public Task<WhyWaiting> WhyAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(id) + "/why", ApiJson.Default.WhyWaiting, cancellation);

    /// <summary>Returns a task's attempts, the first one first.</summary>
    public async Task<IReadOnlyList<AttemptDetails>> AttemptsAsync(string id, CancellationToken cancellation = default)
    {
        var list = await gateway.GetAsync(PathOf(id) + "/attempts", ApiJson.Default.AttemptList, cancellation).ConfigureAwait(false);
        return list.Items;
    }

    /// <summary>Returns the JSON that a task left as its result; null if it left none.</summary>
    public async Task<JsonElement?> ResultAsync(string id, CancellationToken cancellation = default)
    {
        try
        {
            return await gateway.GetAsync(PathOf(id) + "/result", ApiJson.Default.JsonElement, cancellation).ConfigureAwait(false);
        }
        catch (OrleansTasksException refusal) when (refusal.Code == "no-result")
        {
            return null;
        }
    }

    /// <summary>Returns the result of a task as a value; the type's default if it left none.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "An element has nothing to dispose.")]
    public async Task<T?> ResultAsync<T>(string id, JsonTypeInfo<T> type, CancellationToken cancellation = default) =>
        await ResultAsync(id, cancellation).ConfigureAwait(false) is { } value ? value.Deserialize(type) : default;

    /// <summary>
    /// Lists the files that a task left, by path. Fails with 404 <c>no-artifacts</c> if the task keeps no files.
    /// </summary>
    /// <param name="id">The task's id.</param>
    /// <param name="pageSize">The number of files of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<Artifact> ListArtifactsAsync(
        string id, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(PathOf(id) + "/artifacts"), pageSize, ApiJson.Default.PageArtifact, cancellation);

    /// <summary>Opens a file that a task left.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="path">The file's path below the task's working folder.</param>
    /// <param name="offset">The number of bytes to leave out.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<Stream> OpenArtifactAsync(
        string id, string path, long offset = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return gateway.OpenAsync(
            $"{PathOf(id)}/artifacts/{string.Join('/', path.Split('/').Select(PathSegment.Of))}", offset, cancellation);
    }

    /// <summary>Opens what an attempt wrote, byte for byte. It can be read while the attempt runs.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="attempt">The attempt; null for the latest.</param>
    /// <param name="offset">The number of bytes to leave out.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<Stream> OpenOutputAsync(
        string id, OutputStream stream = OutputStream.Stdout, int? attempt = null, long offset = 0,
        CancellationToken cancellation = default)
    {
        var of = attempt is { } number ? string.Create(CultureInfo.InvariantCulture, $"/attempts/{number}") : "";
        var name = stream == OutputStream.Stderr ? "stderr" : "stdout";
        return gateway.OpenAsync($"{PathOf(id)}{of}/output/{name}", offset, cancellation);
    }

    /// <summary>Returns what an attempt wrote, as text.</summary>
    /// <inheritdoc cref="OpenOutputAsync"/>
    public async Task<string> OutputAsync(
        string id, OutputStream stream = OutputStream.Stdout, int? attempt = null, CancellationToken cancellation = default)
    {
        var bytes = await OpenOutputAsync(id, stream, attempt, 0, cancellation).ConfigureAwait(false);
        await using (bytes.ConfigureAwait(false))
        {
            using var reader = new StreamReader(bytes);
            return await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns a task's output as text. With <paramref name="follow"/> it continues until the task has ended, across
    /// retries and lost connections, without a gap.
    /// </summary>
    public async IAsyncEnumerable<LogPiece> LogsAsync(
        string id, bool follow = false, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var events = new EventReader(gateway, PathOf(id) + (follow ? "/logs?follow=true" : "/logs"), null);
        await foreach (var item in events.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (item.EventType == "end")
                yield break;
            if (item.EventType == "message" && JsonSerializer.Deserialize(item.Data, ApiJson.Default.LogPiece) is { } piece)
                yield return piece;
        }
    }

    private static string PathOf(string id) => $"{Root}/{PathSegment.Of(id)}";

    private static Query QueryOf(TaskFilter? filter) => filter is null
        ? new Query(Root)
        : new Query(Root)
            .Add("state", filter.State is { } state ? States.WordOf(state) : null)
            .Add("queue", filter.Queue)
            .Add("node", filter.Node)
            .Add("name", filter.Name)
            .AddLabels(filter.Labels)
            .Add("createdAfter", filter.CreatedAfter)
            .Add("createdBefore", filter.CreatedBefore)
            .Add("reason", filter.Reason is { } reason ? Reasons.WordOf(reason) : null)
            .Add("batch", filter.Batch)
            .Add("workflow", filter.Workflow)
            .Add("q", filter.Text);
}
