using System.Collections.Concurrent;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// Handles deliveries with the same id one after the other, so that the second one finds the run of the first.
/// </summary>
internal sealed class DeliveryTurns
{
    private readonly ConcurrentDictionary<string, Task> open = new(StringComparer.Ordinal);

    /// <summary>Waits for the turn of a delivery. Dispose the result to end the turn.</summary>
    public async Task<Turn> Enter(string id, CancellationToken cancellation)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (open.GetOrAdd(id, mine.Task) is var other && other != mine.Task)
            await other.WaitAsync(cancellation);
        return new Turn(open, id, mine);
    }

    /// <summary>The turn of a delivery.</summary>
    internal readonly struct Turn(ConcurrentDictionary<string, Task>? open, string id, TaskCompletionSource? mine)
        : IDisposable
    {
        /// <summary>Ends the turn.</summary>
        public void Dispose()
        {
            open?.TryRemove(id, out _);
            mine?.SetResult();
        }
    }
}
