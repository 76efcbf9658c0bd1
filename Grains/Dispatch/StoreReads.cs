using OrleansTasks.Storage;
using OrleansTasks.Workflows;

namespace OrleansTasks.Dispatch;

/// <summary>
/// What a dispatcher's loop reads from the store: what the operations of a round ask for, and between rounds the rest of the
/// queue after a start and what nodes of workflows with <c>forEach</c> or a job need.
/// </summary>
internal sealed class StoreReads(ITaskStore store, Recovery recovery, ItemReading items, NodeJobReading jobs)
{
    /// <inheritdoc cref="Recovery.IsComplete"/>
    public bool IsRecovered => recovery.IsComplete;

    /// <summary>
    /// When something is to be read, in milliseconds of the steady clock; <see cref="long.MaxValue"/> if nothing is.
    /// </summary>
    public long Next => Math.Min(
        recovery.IsComplete ? long.MaxValue : recovery.RetryAt, Math.Min(items.Next, jobs.Next));

    /// <summary>
    /// Reads what is due; false when nothing is. When the store cannot be read, it is tried again later; does not
    /// throw.
    /// </summary>
    /// <param name="steadyNow">The time of the steady clock, in milliseconds.</param>
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
    /// Reads what the operations of a round ask for. When the store cannot be read, the operations that asked fail and
    /// leave the round; the others go on.
    /// </summary>
    /// <param name="round">The operations.</param>
    /// <param name="lookup">Gets what was read.</param>
    /// <param name="queueNo">The queue's number in the store.</param>
    /// <param name="wall">The wall clock, in Unix milliseconds.</param>
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

    /// <inheritdoc cref="Recovery.Take(Lookup, long)"/>
    public void Take(Lookup lookup, long now)
    {
        if (!recovery.IsComplete)
            recovery.Take(lookup, now);
    }
}
