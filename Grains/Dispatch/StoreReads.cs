using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Reads from the store for a dispatcher's loop. In a round, it reads what the operations ask for; between rounds, the
/// rest of the queue after a start, and what workflow nodes with <c>forEach</c> or a job need.
/// </summary>
internal sealed class StoreReads(ITaskStore store, Recovery recovery, ItemReading items, NodeJobReading jobs)
{
    /// <inheritdoc cref="Recovery.IsComplete"/>
    public bool IsRecovered => recovery.IsComplete;

    /// <summary>
    /// When to read next, in milliseconds of the steady clock; <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long Next => Math.Min(
        recovery.IsComplete ? long.MaxValue : recovery.RetryAt, Math.Min(items.Next, jobs.Next));

    /// <summary>
    /// Reads what is due. Returns false if nothing is. A failed read does not throw and is repeated later.
    /// </summary>
    public async Task<bool> TryRead(long steadyNow)
    {
        if (Next > steadyNow)
            return false;
        if (!recovery.IsComplete && recovery.RetryAt <= steadyNow)
            await recovery.ReadPage(steadyNow);
        if (items.IsDue(steadyNow))
            await items.Read(steadyNow);
        if (jobs.Next <= steadyNow)
            await jobs.Read(steadyNow);
        return true;
    }

    /// <summary>
    /// Reads all waiting tasks if an operation of the round needs them, or has looked up an ended task with a unique
    /// key, which it may retry. If the store fails, the operations that need the waiting tasks fail and leave the
    /// round.
    /// </summary>
    public async Task ReadWaiting(List<DispatchOperation> round, Lookup lookup, DispatchCore core, QueueClock clock)
    {
        if (core.HasAllWaiting || (!round.Exists(static operation => operation.NeedsAllWaiting)
            && !lookup.Tasks.Any(static task => task.Unique is not null && task.Row.State.IsFinal())))
            return;
        while (!core.HasAllWaiting && recovery.RetryAt <= clock.Steady)
            await recovery.ReadPage(clock.Steady);
        if (core.HasAllWaiting)
            return;
        round.RemoveAll(static operation =>
        {
            if (operation.NeedsAllWaiting)
                operation.Fail(new StoreUnavailableException("The waiting tasks of the queue cannot be read now."));
            return operation.NeedsAllWaiting;
        });
    }

    /// <summary>
    /// Reads what the operations of a round ask for. If the store fails, those that asked fail and leave the round.
    /// </summary>
    public async Task Read(List<DispatchOperation> round, Lookup lookup, int queueNo, long wall)
    {
        List<DispatchOperation>? asking = null;
        foreach (var operation in round)
        {
            var before = lookup.Asked;
            operation.Ask(lookup);
            if (!IsRecovered)
                operation.AskOpen(lookup);
            if (lookup.Asked > before)
                (asking ??= []).Add(operation);
        }

        if (asking is null)
            return;
        try
        {
            await lookup.Read(store, queueNo, wall);
        }
        catch (StoreUnavailableException exception)
        {
            foreach (var operation in asking)
            {
                round.Remove(operation);
                operation.Fail(DispatchFaults.ToCaller(exception));
            }
        }
    }

    /// <inheritdoc cref="Recovery.Load(Lookup, long)"/>
    public void Take(Lookup lookup, long now)
    {
        if (!recovery.IsComplete)
            recovery.Load(lookup, now);
    }
}
