using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Sends output while commands run: in chunks of up to 1 MiB or every 200 ms, for all attempts together.
/// Attempts that end within 200 ms and write little send nothing here, since their result carries the output.
/// </summary>
internal sealed partial class OutputPump : IDisposable
{
    private const int SmallestChunk = 64 * 1024;
    private const int LargestChunk = 1024 * 1024;
    private const int LargestMessage = 4 * LargestChunk;
    private const int MemoryForAll = 64 * LargestChunk;

    /// <summary>
    /// With fewer chunks, a command would wait for each answer. Chunks beyond the window's size would only wait here.
    /// </summary>
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
    // Whether the timer is set. Set by Arm, cleared by Tick.
    private bool armed;
    // Whether the interval has passed, so that output of less than a chunk is sent as well. Set by Tick, cleared by Gather.
    private bool due;
    // Whether CarryAsync runs.
    private bool started;
    // Whether another look at the waiting output may find some to send. Set by Wake and Gather, cleared by Next.
    private bool again;
    // Whether Gather runs: what it takes belongs neither to an attempt nor to the window.
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

    /// <summary>The number of waiting bytes at which an attempt's output is sent at once.</summary>
    internal int ChunkSize { get; }

    /// <summary>
    /// The number of an attempt's bytes, waiting or on their way, at which its output is no longer read.
    /// </summary>
    internal int MostKept { get; }

    /// <summary>The worker's wall clock.</summary>
    internal DateTimeOffset Now => state.Time.GetUtcNow();

    /// <summary>Queues an attempt that has output to send.</summary>
    internal void Add(OutputBuffer output)
    {
        lock (gate)
        {
            waiting.Add(output);
            Arm();
        }
    }

    /// <summary>Removes an attempt that has no more output to send.</summary>
    internal void Remove(OutputBuffer output, long total)
    {
        if (total == 0)
            return;
        lock (gate)
            waiting.Remove(output);
    }

    /// <summary>
    /// Has urgent output sent. Runs nothing on the caller's thread, which may be the one that reads pipes.
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

    /// <summary>
    /// Keeps the pump from taking, sending and acknowledging output until <see cref="Release"/> is called on this
    /// thread. Returns false if that is not possible within the limit.
    /// </summary>
    internal bool TryHold(TimeSpan limit)
    {
        var began = state.Time.GetTimestamp();
        var spin = default(SpinWait);
        while (state.Time.GetElapsedTime(began) < limit)
        {
            if (!gate.TryEnter(limit))
                return false;
            // What is being gathered is neither an attempt's nor in the window.
            if (!gathering)
                return true;
            gate.Exit();
            spin.SpinOnce();
        }

        return false;
    }

    /// <summary>Ends the hold.</summary>
    internal void Release() => gate.Exit();

    /// <summary>The chunks that are not acknowledged, in their order. Read while the pump is held.</summary>
    internal IEnumerable<OutputChunk> Unacknowledged => window.Messages.SelectMany(static message => message.Chunks.Chunks);

    /// <summary>Stops the pump. Output that is not stored yet is dropped.</summary>
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
    /// Sets the timer again for output that the last tick found too recent, even if the stream ended before it could do
    /// so. Called under the gate.
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

    /// <summary>Wakes all waiting threads. Called under the gate.</summary>
    private void Change()
    {
        changed?.TrySetResult();
        changed = null;
    }

    /// <summary>Returns a task that completes at the next change. Called under the gate.</summary>
    private Task ChangedAsync() =>
        (changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>
    /// Gathers a message of about <paramref name="most"/> bytes. The last attempt's turn may exceed that.
    /// </summary>
    private OutputMessage Gather(long most)
    {
        OutputBuffer[] candidates;
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

                // Removed before its output is taken, so that output written later queues the attempt again.
                waiting.Remove(output);
            }

            message.Take(output);
            // Output beyond one chunk goes into a later message, after the turns of all other attempts.
            // Several messages can be on their way, and an attempt that writes without end does not hold up the others.
            if (!output.Waits)
                continue;
            lock (gate)
                waiting.Add(output);
        }

        return message;
    }
}
