using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.Api.Json;
using OrleansTasks.Api.Transport;

namespace OrleansTasks.Api;

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
    /// An upload is never repeated by itself, because the service may have stored a part of it. If one fails, compare
    /// <see cref="JobDetails.ItemsRead"/> with what was sent before you upload the rest.
    /// </remarks>
    public Task<long> UploadAsync<T>(
        string id, IAsyncEnumerable<T> items, JsonTypeInfo<T> type, CancellationToken cancellation = default) =>
        UploadAsync(id, new ItemsContent<T>(items, type), cancellation);

    /// <summary>Uploads items that are lines of JSON.</summary>
    /// <inheritdoc cref="UploadAsync{T}(string, IAsyncEnumerable{T}, JsonTypeInfo{T}, CancellationToken)"/>
    public Task<long> UploadLinesAsync(string id, Stream lines, CancellationToken cancellation = default) =>
        UploadAsync(
            id, new StreamContent(lines) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } }, cancellation);

    /// <summary>Says that no more items will be uploaded.</summary>
    public Task<JobDetails> CloseAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/close", ApiJson.Default.JobDetails, cancellation);

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

    private async Task<long> UploadAsync(string id, HttpContent content, CancellationToken cancellation)
    {
        using (content)
        {
            var answer = await gateway.UploadAsync(PathOf(id) + "/items", content, ApiJson.Default.ItemsAccepted, cancellation)
                .ConfigureAwait(false);
            return answer.Accepted;
        }
    }

    private static string PathOf(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return $"{Root}/{Uri.EscapeDataString(id)}";
    }
}
