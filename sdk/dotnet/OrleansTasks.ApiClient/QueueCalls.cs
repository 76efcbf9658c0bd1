using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Reads and changes queues.</summary>
public sealed class QueueCalls
{
    private const string Root = "/api/v1/queues";
    private readonly Gateway gateway;

    internal QueueCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Lists all queues by name.</summary>
    public async Task<IReadOnlyList<QueueDetails>> ListAsync(CancellationToken cancellation = default) =>
        (await gateway.GetAsync(Root, ApiJson.Default.PageQueueDetails, cancellation).ConfigureAwait(false)).Items;

    /// <summary>Gets a queue.</summary>
    public Task<QueueDetails> GetAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name), ApiJson.Default.QueueDetails, cancellation);

    /// <summary>Creates a queue or changes its settings.</summary>
    /// <param name="name">The queue.</param>
    /// <param name="change">The change. A setting that is null stays as it is.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<QueueDetails> PutAsync(string name, QueueChange change, CancellationToken cancellation = default) =>
        gateway.PutAsync(PathOf(name), change, ApiJson.Default.QueueChange, ApiJson.Default.QueueDetails, cancellation);

    /// <summary>Deletes a queue that has no open tasks or jobs. A later task creates it again.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        gateway.DeleteAsync(PathOf(name), cancellation);

    /// <summary>Gets what passed through a queue lately, and when its waiting tasks will be gone.</summary>
    public Task<QueueForecast> ForecastAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name) + "/forecast", ApiJson.Default.QueueForecast, cancellation);

    private static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";
}
