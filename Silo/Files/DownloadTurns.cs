namespace OrleansTasks.Silo.Files;

/// <summary>
/// The turns of downloads: some at once, and fewer from one server, so that a slow server holds up only downloads from
/// itself. The first that waits has the next turn, unless its server has all turns that it may have.
/// </summary>
/// <param name="most">How many turns there are.</param>
/// <param name="mostOfOneServer">How many of them one server may have.</param>
internal sealed class DownloadTurns(int most, int mostOfOneServer)
{
    private readonly Lock gate = new();
    private readonly LinkedList<(string Server, TaskCompletionSource Turn)> waiting = new();
    private readonly Dictionary<string, int> running = [];
    private int taken;

    /// <summary>Waits for a turn. The caller gives it back.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled, and there is no turn to give back.</exception>
    internal async Task Take(string server, CancellationToken cancellation)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(string Server, TaskCompletionSource Turn)> place;
        lock (gate)
        {
            place = waiting.AddLast((server, turn));
            Grant();
        }

        using var registration = cancellation.Register(() =>
        {
            lock (gate)
            {
                // It may just have got its turn.
                if (place.List is null)
                    return;
                waiting.Remove(place);
            }

            turn.SetCanceled(cancellation);
        });
        await turn.Task;
    }

    /// <summary>Gives a turn back.</summary>
    internal void GiveBack(string server)
    {
        lock (gate)
        {
            taken--;
            if (--running[server] == 0)
                running.Remove(server);
            Grant();
        }
    }

    private void Grant()
    {
        for (var place = waiting.First; place is not null && taken < most;)
        {
            var (next, (server, turn)) = (place.Next, place.Value);
            var ofServer = running.GetValueOrDefault(server);
            if (ofServer < mostOfOneServer)
            {
                waiting.Remove(place);
                taken++;
                running[server] = ofServer + 1;
                turn.SetResult();
            }

            place = next;
        }
    }
}
