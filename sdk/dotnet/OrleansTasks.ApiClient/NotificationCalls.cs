using System.Text.Json;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>
/// Stores, lists, tests and deletes notifications by mail, Slack and Teams. A key with the scope <c>admin</c> is
/// needed.
/// </summary>
public sealed class NotificationCalls
{
    private const string Root = "/api/v1/notifications";
    private readonly Gateway gateway;

    internal NotificationCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Creates a notification, for events from now on, or replaces its settings.</summary>
    /// <param name="name">The name.</param>
    /// <param name="notification">The body of the call, as JSON.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<NotificationDetails> PutAsync(
        string name, JsonElement notification, CancellationToken cancellation = default) =>
        gateway.PutAsync(
            PathOf(name), notification, ApiJson.Default.JsonElement, ApiJson.Default.NotificationDetails, cancellation);

    /// <summary>Gets a notification, and whether its messages arrive.</summary>
    public Task<NotificationDetails> GetAsync(string name, CancellationToken cancellation = default) =>
        gateway.GetAsync(PathOf(name), ApiJson.Default.NotificationDetails, cancellation);

    /// <summary>Lists the notifications by name.</summary>
    public async Task<IReadOnlyList<NotificationDetails>> ListAsync(CancellationToken cancellation = default) =>
        (await gateway.GetAsync(Root, ApiJson.Default.PageNotificationDetails, cancellation).ConfigureAwait(false))
        .Items;

    /// <summary>Sends a test message. Returns whether the target took it.</summary>
    public Task<NotificationTest> TestAsync(string name, CancellationToken cancellation = default) =>
        gateway.PostAsync(PathOf(name) + "/test", ApiJson.Default.NotificationTest, cancellation);

    /// <summary>Deletes a notification. A message that is being sent may still arrive.</summary>
    public Task DeleteAsync(string name, CancellationToken cancellation = default) =>
        gateway.DeleteAsync(PathOf(name), cancellation);

    private static string PathOf(string name) => $"{Root}/{PathSegment.Of(name)}";
}
