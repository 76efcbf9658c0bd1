using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Sends the progress of attempts to the master: the latest of each attempt, all in one call, at most one call a
/// second. Nothing waits for it. If a call fails, the next one repeats what has not changed since.
/// </summary>
internal sealed class ProgressNews : IDisposable
{
    private const int MostInCall = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly AgentState state;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer timer;
    private Dictionary<ByteString, AttemptProgress> waiting = [];
    private long? sentAt;
    private bool isArmed;

    internal ProgressNews(AgentState state)
    {
        this.state = state;
        timer = state.Time.CreateTimer(
            static self => _ = ((ProgressNews)self!).SendAsync(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes how far an attempt has come, to be sent within a second. Returns at once.</summary>
    internal void Note(Lease lease, int hundredths, string message)
    {
        lock (gate)
        {
            waiting[lease.Token] = new() { Lease = lease, Hundredths = hundredths, Message = message };
            Arm();
        }
    }

    /// <summary>Sends nothing more.</summary>
    public void Dispose()
    {
        timer.Dispose();
        stop.Cancel();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call failed of, the next one repeats it.")]
    private async Task SendAsync()
    {
        var taken = Take();
        var isSent = false;
        try
        {
            isSent = await TrySendAsync(taken);
        }
        catch (Exception)
        {
            // Progress is only for display.
        }

        lock (gate)
        {
            sentAt = state.Time.GetTimestamp();
            if (!isSent)
                foreach (var progress in taken)
                    waiting.TryAdd(progress.Lease.Token, progress);
            isArmed = false;
            if (waiting.Count > 0)
                Arm();
        }
    }

    private async Task<bool> TrySendAsync(List<AttemptProgress> taken)
    {
        if (state.Session.Current is var session && (session == 0 || state.IsSilent))
            return false;
        var message = new Progress { NodeId = state.Options.NodeId, Session = session };
        message.Progress_.Add(taken);
        return (await state.Call(c => state.Master.Report(message, c), state.Options.CallTimeout, stop.Token)).Settled;
    }

    private List<AttemptProgress> Take()
    {
        lock (gate)
        {
            List<AttemptProgress> taken = [.. waiting.Values.Take(MostInCall)];
            foreach (var progress in taken)
                waiting.Remove(progress.Lease.Token);
            return taken;
        }
    }

    // Called under the gate.
    private void Arm()
    {
        if (isArmed || stop.IsCancellationRequested)
            return;
        isArmed = true;
        var since = sentAt is { } last ? state.Time.GetElapsedTime(last) : Pause;
        timer.Change(since >= Pause ? TimeSpan.Zero : Pause - since, Timeout.InfiniteTimeSpan);
    }
}
