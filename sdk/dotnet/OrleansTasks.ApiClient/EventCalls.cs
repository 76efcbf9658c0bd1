using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>Follows what happens.</summary>
public sealed class EventCalls
{
    private readonly Gateway gateway;

    internal EventCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>
    /// Returns every change as it happens, until the caller stops. Lost connections leave no gap.
    /// </summary>
    /// <param name="after">
    /// The <see cref="ServiceEvent.Cursor"/> of the last event that was seen; null to begin with the next one. If the
    /// service no longer has the events after it, the first event is a reset.
    /// </param>
    /// <param name="cancellation">Ends the stream.</param>
    public async IAsyncEnumerable<ServiceEvent> FollowAsync(
        string? after = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var item in new EventReader(gateway, "/api/v1/events", after).ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (item.EventType == ServiceEvent.ResetType)
                yield return new ServiceEvent { Cursor = item.EventId };
            else if (item.EventType == "message" && JsonSerializer.Deserialize(item.Data, ApiJson.Default.ServiceEvent) is { } happened)
                yield return happened with { Cursor = item.EventId };
        }
    }
}
