using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Submits, feeds, reads and controls data jobs.</summary>
public sealed class JobCalls
{
    private const string Root = "/api/v1/jobs";
    private readonly Gateway gateway;

    internal JobCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Submits a job. When the call returns, the job is on disk.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="idempotencyKey">
    /// A key under which the service accepts the job once within 24 hours; null for a new one.
    /// </param>
    /// <param name="cancellation">Cancels the call, but not a job that was accepted.</param>
    public Task<JobDetails> SubmitAsync(
        JobSpec spec, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        gateway.CreateAsync(Root, spec, ApiJson.Default.JobSpec, idempotencyKey, ApiJson.Default.JobDetails, cancellation);

    /// <summary>
    /// Uploads items to a job with the source <see cref="JobSource.OfUploads"/> while they are produced. Returns their
    /// number once all are on disk.
    /// </summary>
    /// <remarks>
    /// The upload outlives restarts of gateways and silos, for as long as
    /// <see cref="OrleansTasksClientOptions.UploadPatience"/> at a time, and each item counts once. It is sent in requests
    /// of about 1 MiB. A refusal of a line gives its number in its request.
    /// </remarks>
    public Task<long> UploadAsync<T>(
        string id, IAsyncEnumerable<T> items, JsonTypeInfo<T> type, CancellationToken cancellation = default) =>
        NewUpload(id, Guid.CreateVersion7(gateway.Time.GetUtcNow())).SendAsync(items, type, cancellation);

    /// <summary>
    /// Uploads items under a name of your own, so that another program can continue when this one ends early. It produces
    /// the same items from the beginning, and the job skips those that it has.
    /// </summary>
    /// <param name="id">The job's id.</param>
    /// <param name="items">The items.</param>
    /// <param name="type">The type of the items.</param>
    /// <param name="upload">The upload's name, preferably of version 7.</param>
    /// <param name="cancellation">Ends the upload; what was accepted stays accepted.</param>
    public async Task<long> UploadAsync<T>(
        string id, IAsyncEnumerable<T> items, JsonTypeInfo<T> type, Guid upload, CancellationToken cancellation = default)
    {
        var sender = NewUpload(id, upload);
        await sender.ResumeAsync(cancellation).ConfigureAwait(false);
        return await sender.SendAsync(items, type, cancellation).ConfigureAwait(false);
    }

    /// <summary>Uploads items that are lines of JSON.</summary>
    /// <inheritdoc cref="UploadAsync{T}(string, IAsyncEnumerable{T}, JsonTypeInfo{T}, CancellationToken)"/>
    public Task<long> UploadLinesAsync(string id, Stream lines, CancellationToken cancellation = default) =>
        NewUpload(id, Guid.CreateVersion7(gateway.Time.GetUtcNow())).SendLinesAsync(lines, cancellation);

    /// <summary>Uploads items that are lines of JSON, or continues such an upload.</summary>
    /// <inheritdoc cref="UploadAsync{T}(string, IAsyncEnumerable{T}, JsonTypeInfo{T}, Guid, CancellationToken)"/>
    public async Task<long> UploadLinesAsync(
        string id, Stream lines, Guid upload, CancellationToken cancellation = default)
    {
        var sender = NewUpload(id, upload);
        await sender.ResumeAsync(cancellation).ConfigureAwait(false);
        return await sender.SendLinesAsync(lines, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says that no more items will be uploaded.</summary>
    public Task<JobDetails> CloseAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/close", ApiJson.Default.JobDetails, cancellation, Repeats.Always);

    /// <summary>Gets a job.</summary>
    public Task<JobDetails> GetAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(id), ApiJson.Default.JobDetails, cancellation);

    /// <summary>Waits until a job has ended. Cancelling ends the wait, not the job.</summary>
    public async Task<JobDetails> WaitAsync(string id, CancellationToken cancellation = default)
    {
        while (true)
        {
            var job = await gateway.GetAsync(PathOf(id) + "?wait=60s", ApiJson.Default.JobDetails, cancellation)
                .ConfigureAwait(false);
            if (job.HasEnded)
                return job;
        }
    }

    /// <summary>Lists jobs, the newest first. Further pages are read as they are needed.</summary>
    public IAsyncEnumerable<JobDetails> ListAsync(
        RunFilter? filter = null, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => RunQuery.Of(Root, filter), pageSize, ApiJson.Default.PageJobDetails, cancellation);

    /// <summary>Stops a job. Its aggregates stay as they are then.</summary>
    public Task<JobDetails> CancelAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/cancel", ApiJson.Default.JobDetails, cancellation);

    /// <summary>Returns what a job with the aggregate <c>collect</c> has collected.</summary>
    public async IAsyncEnumerable<JsonElement> ResultsAsync(
        string id, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var lines = await gateway.OpenAsync(PathOf(id) + "/results", 0, cancellation).ConfigureAwait(false);
        await using (lines.ConfigureAwait(false))
        {
            using var reader = new StreamReader(lines);
            while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                if (line.Length > 0)
                    yield return JsonSerializer.Deserialize(line, ApiJson.Default.JsonElement);
            }
        }
    }

    /// <summary>Returns the items and chunks that failed, up to 10,000.</summary>
    public IAsyncEnumerable<JobFailure> FailuresAsync(
        string id, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(() => new Query(PathOf(id) + "/failures"), pageSize, ApiJson.Default.PageJobFailure, cancellation);

    /// <summary>
    /// Lists the files that a job left: its collected results, if its spec keeps them as a file.
    /// <see cref="FileCalls.OpenAsync"/> opens one. Fails with 404 <c>no-artifacts</c> if the job keeps none, or has
    /// not succeeded.
    /// </summary>
    public IAsyncEnumerable<Artifact> ListArtifactsAsync(
        string id, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(PathOf(id) + "/artifacts"), pageSize, ApiJson.Default.PageArtifact, cancellation);

    private ItemUpload NewUpload(string id, Guid upload) => new(gateway, PathOf(id) + "/items", upload);

    private static string PathOf(string id) => $"{Root}/{PathSegment.Of(id)}";
}
