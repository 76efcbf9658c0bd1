using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Reads and changes schedules.</summary>
public sealed class ScheduleCalls
{
    private const string Root = "/api/v1/schedules";
    private readonly Gateway gateway;

    internal ScheduleCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>
    /// Creates a schedule, or replaces all of one. Its times count from now; nothing is started at once.
    /// </summary>
    /// <param name="id">The id, such as <c>nightly</c>.</param>
    /// <param name="spec">The schedule.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<ScheduleDetails> PutAsync(string id, ScheduleSpec spec, CancellationToken cancellation = default) =>
        gateway.PutAsync(PathOf(id), spec, ApiJson.Default.ScheduleSpec, ApiJson.Default.ScheduleDetails, cancellation);

    /// <summary>Gets a schedule.</summary>
    public Task<ScheduleDetails> GetAsync(string id, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(id), ApiJson.Default.ScheduleDetails, cancellation);

    /// <summary>Lists schedules by id. Further pages are read as they are needed.</summary>
    /// <param name="queue">The queue; null for all.</param>
    /// <param name="paused">Whether they are paused; null for all.</param>
    /// <param name="pageSize">The number of schedules of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<ScheduleDetails> ListAsync(
        string? queue = null, bool? paused = null, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(Root).Add("queue", queue).Add("paused", paused), pageSize, ApiJson.Default.PageScheduleDetails,
            cancellation);

    /// <summary>Deletes a schedule. What it has started keeps running.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellation = default) =>
        gateway.DeleteAsync(PathOf(id), cancellation);

    /// <summary>Stops a schedule from starting anything by time.</summary>
    public Task<ScheduleDetails> PauseAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/pause", ApiJson.Default.ScheduleDetails, cancellation);

    /// <summary>Ends a pause. Times that passed meanwhile are left out.</summary>
    public Task<ScheduleDetails> ResumeAsync(string id, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(id) + "/resume", ApiJson.Default.ScheduleDetails, cancellation);

    /// <summary>Starts an occurrence at once, whatever the schedule says.</summary>
    public Task<Triggered> TriggerAsync(string id, CancellationToken cancellation = default) =>
        gateway.TriggerAsync(PathOf(id) + "/trigger", ApiJson.Default.Triggered, cancellation);

    private static string PathOf(string id) => $"{Root}/{PathSegment.Of(id)}";
}
