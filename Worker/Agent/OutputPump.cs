using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Takes output while commands run: by chunks of up to 1 MiB or every 200 ms, of all attempts together. Attempts that are over
/// within 200 ms and wrote little send nothing here: their result has it.
/// </summary>
internal sealed partial class OutputPump : IDisposable
{
    private const int SmallestChunk = 64 * 1024;
    private const int LargestChunk = 1024 * 1024;
    private const int LargestMessage = 4 * LargestChunk;
    private const int MemoryForAll = 64 * LargestChunk;

    /// <summary>With fewer a command would wait for each answer; with more than the window takes, they only wait here.</summary>
    private const int LeastChunksKept = 4, MostChunksKept = OutputWindow.MostMessages + 1;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly AgentState state;
    private readonly ILogger logger;
    private readonly Backoff backoff;
    private readonly Lock gate = new();
    private readonly OutputQueue waiting = new();
    private readonly OutputWindow window = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer timer;
    private TaskCompletionSource? changed;
    private bool armed;
    private bool due;
    private bool started;
    private bool again;
    private bool gathering;

    internal OutputPump(AgentState state, ILogger logger)
    {
        (this.state, this.logger) = (state, logger);
        backoff = state.NewBackoff();
        var share = MemoryForAll / Math.Max(1, state.Options.Slots);
        ChunkSize = Math.Clamp(share / LeastChunksKept, SmallestChunk, LargestChunk);
        MostKept = Math.Clamp(share, LeastChunksKept * ChunkSize, MostChunksKept * ChunkSize);
        timer = state.Time.CreateTimer(static self => ((OutputPump)self!).Tick(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From how many waiting bytes an attempt's output is sent at once.</summary>
    internal int ChunkSize { get; }

    /// <summary>How many bytes of an attempt, waiting or on their way, stop its reader.</summary>
    internal int MostKept { get; }

    /// <summary>An attempt has output that waits.</summary>
    internal void Add(AttemptOutput output)
    {
        lock (gate)
        {
            waiting.Add(output);
            Arm();
        }
    }

    /// <summary>An attempt's output does not wait any more.</summary>
    internal void Remove(AttemptOutput output, long total)
    {
        if (total == 0)
            return;
        lock (gate)
            waiting.Remove(output);
    }

    /// <summary>
    /// Something is urgent. Never runs anything on the caller's thread, which may be the one that reads pipes.
    /// </summary>
    internal void Wake()
    {
        lock (gate)
        {
            again = true;
            Change();
            if (started)
                return;
            started = true;
        }

        Elsewhere.Begin(CarryAsync);
    }

    /// <summary>Ends it; what is not stored stays unstored.</summary>
    public void Dispose()
    {
        timer.Dispose();
        stop.Cancel();
    }

    private void Arm()
    {
        if (armed)
            return;
        armed = true;
        timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// What a tick found too young needs another one, also when the stream ended before it could ask for that. Under the gate.
    /// </summary>
    private void ArmIfWaiting()
    {
        if (!waiting.IsEmpty)
            Arm();
    }

    private void Tick()
    {
        lock (gate)
        {
            armed = false;
            due = true;
        }

        Wake();
    }

    /// <summary>Whoever waits looks again. Under the gate.</summary>
    private void Change()
    {
        changed?.TrySetResult();
        changed = null;
    }

    /// <summary>Ends at the next change. Under the gate.</summary>
    private Task ChangedAsync() =>
        (changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>A message of up to so many bytes, and what the turn that reaches them has beyond.</summary>
    private OutputMessage Gather(long most)
    {
        AttemptOutput[] candidates;
        bool all;
        lock (gate)
        {
            candidates = waiting.ToArray();
            (all, due) = (due, false);
        }

        var message = new OutputMessage(state.Options.NodeId);
        var now = state.Time.GetTimestamp();
        foreach (var output in candidates)
        {
            var isOld = state.Time.GetElapsedTime(output.StartedAt, now) >= Interval;
            if (!output.IsUrgent && !(all && (isOld || output.IsLarge)))
                continue;
            lock (gate)
            {
                again = true;
                if (message.Bytes >= most)
                {
                    due |= all;
                    break;
                }

                // Before it is taken: what is written from then on adds it again.
                waiting.Remove(output);
            }

            message.Take(output);
            // What is more than a chunk is a later message's, after the turns of all others: several can be on their way, and an attempt
            // that writes without end holds up nobody.
            if (!output.Waits)
                continue;
            lock (gate)
                waiting.Add(output);
        }

        return message;
    }
}
