using System.Text.Json;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Stores, lists and deletes triggers. A key with the scope <c>admin</c> is needed.</summary>
public sealed class TriggerCalls
{
    private const string Root = "/api/v1/triggers";
    private readonly Gateway gateway;

    internal TriggerCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Creates or replaces a trigger. A secret that the service makes is in this answer only.</summary>
    /// <param name="name">The name.</param>
    /// <param name="trigger">The body of the call, as JSON.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<TriggerDetails> PutAsync(string name, JsonElement trigger, CancellationToken cancellation = default) =>
        gateway.PutAsync(
            PathOf(name), trigger, ApiJson.Default.JsonElement, ApiJson.Default.TriggerDetails, cancellation);

    /// <summary>Gets a trigger, without its secret.</summary>
    public Task<TriggerDetails> GetAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name), ApiJson.Default.TriggerDetails, cancellation);

    /// <summary>Lists the triggers by name.</summary>
    public async Task<IReadOnlyList<TriggerDetails>> ListAsync(CancellationToken cancellation = default) =>
        (await gateway.GetAsync(Root, ApiJson.Default.PageTriggerDetails, cancellation).ConfigureAwait(false)).Items;

    /// <summary>Replaces the secret of a trigger at once. The new one is in this answer only.</summary>
    public Task<TriggerDetails> RotateAsync(string name, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(name) + "/rotate", ApiJson.Default.TriggerDetails, cancellation);

    /// <summary>Deletes a trigger. What it started stays.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        gateway.DeleteAsync(PathOf(name), cancellation);

    private static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";
}
