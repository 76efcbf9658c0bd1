using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Sends output while commands run: by chunks of up to 1 MiB or every 200 ms, of all attempts in one call, one call
/// at a time, repeated until it is stored. Attempts that are over within 200 ms and wrote little send nothing here:
/// their result has it.
/// </summary>
internal sealed partial class OutputPump : IDisposable
{
    private const int LargestChunk = 1024 * 1024;
    private const int LargestMessage = 4 * LargestChunk;
    private const int MemoryForAll = 64 * LargestChunk;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly AgentState state;
    private readonly ILogger logger;
    private readonly Backoff backoff;
    private readonly Lock gate = new();
    private readonly HashSet<AttemptOutput> waiting = [];
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer timer;
    private bool armed;
    private bool due;
    private bool looping;
    private bool again;

    internal OutputPump(AgentState state, ILogger logger)
    {
        (this.state, this.logger) = (state, logger);
        backoff = state.NewBackoff();
        ChunkSize = Math.Clamp(MemoryForAll / 2 / Math.Max(1, state.Options.Slots), 64 * 1024, LargestChunk);
        timer = state.Time.CreateTimer(static self => ((OutputPump)self!).Tick(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// From how many waiting bytes an attempt's output is sent at once; twice as many stop its reader.
    /// </summary>
    internal int ChunkSize { get; }

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
            if (looping)
                return;
            looping = true;
        }

        _ = Task.Factory.StartNew(static self => ((OutputPump)self!).LoopAsync(), this, CancellationToken.None,
            TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
    }

    /// <summary>Ends the loop.</summary>
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

    private void Tick()
    {
        lock (gate)
        {
            armed = false;
            due = true;
        }

        Wake();
    }

    private async Task LoopAsync()
    {
        while (!stop.IsCancellationRequested && MayGoOn())
        {
            var message = new OutputChunks { NodeId = state.Options.NodeId };
            var taken = Gather(message);
            if (taken.Count == 0)
                continue;
            var reuse = await SendAsync(message);
            foreach (var output in taken)
                output.Stored(reuse);
        }
    }

    private bool MayGoOn()
    {
        lock (gate)
        {
            looping = again;
            again = false;
            if (!looping && waiting.Count > 0)
                Arm();
            return looping;
        }
    }

    private List<AttemptOutput> Gather(OutputChunks message)
    {
        AttemptOutput[] candidates;
        bool all;
        lock (gate)
        {
            candidates = [.. waiting];
            (all, due) = (due, false);
        }

        var taken = new List<AttemptOutput>();
        var (size, now) = (0L, state.Time.GetTimestamp());
        foreach (var output in candidates)
        {
            var isOld = state.Time.GetElapsedTime(output.StartedAt, now) >= Interval;
            if (!output.IsUrgent && !(all && (isOld || output.IsLarge)))
                continue;
            lock (gate)
            {
                again = true;
                if (size >= LargestMessage)
                {
                    due |= all;
                    break;
                }

                // Before it is taken: what is written from then on adds it again.
                waiting.Remove(output);
            }

            if (output.Take(message))
                taken.Add(output);
            size = message.Chunks.Sum(static c => (long)c.Data.Length);
        }

        return taken;
    }

    /// <summary>Sends until stored; true when the first try did it, so that nobody else can hold the message.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call failed of, its output is sent again.")]
    private async Task<bool> SendAsync(OutputChunks message)
    {
        for (var first = true; !stop.IsCancellationRequested; first = false)
        {
            try
            {
                message.Session = await state.Session.WaitAsync(stop.Token);
                var answer = await state.Call(
                    c => state.Master.WriteOutput(message, c), state.Options.CallTimeout, stop.Token);
                if (answer.Stored)
                {
                    backoff.Reset();
                    return first;
                }

                state.Session.End(message.Session);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                if (backoff.IsFresh)
                    WriteFailed(CallFailure.Fault(failure), failure.Message);
            }

            await state.Pause(backoff.Next(), stop.Token);
        }

        return false;
    }
}
