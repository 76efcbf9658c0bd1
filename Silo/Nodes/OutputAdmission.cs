using System.Collections.Concurrent;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Decides whether output of an attempt is accepted, and how much. The store is the authority: an attempt and its token
/// are stored before a worker receives them, so a token that is not stored was never issued. Answers are cached for ten
/// seconds.
/// </summary>
/// <remarks>
/// <code>
/// no such attempt, or another token     refused
/// assigned or running                   accepted
/// ended because its node was lost       accepted: its worker may not know yet, and the output is shown
/// ended for another reason              refused: all output was stored before the result, or the result has it
/// </code>
/// </remarks>
internal sealed class OutputAdmission(ITaskStore tasks, TimeProvider time)
{
    private const int MostRemembered = 100_000;
    private static readonly TimeSpan AnswerCounts = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<LeaseRef, (long Limit, long At)> open = new();

    /// <summary>The attempts about which the store is being asked, and which have not ended since.</summary>
    private readonly ConcurrentDictionary<LeaseRef, byte> asking = new();

    /// <summary>
    /// Returns the maximum number of bytes kept of each of the attempt's streams; null if its output is not accepted.
    /// Throws
    /// <see cref="StoreUnavailableException"/> if the store cannot be read.
    /// </summary>
    internal async ValueTask<long?> LimitOf(LeaseRef lease)
    {
        var isKnown = open.TryGetValue(lease, out var known);
        if (isKnown && time.GetElapsedTime(known.At) < AnswerCounts)
            return known.Limit;
        var asked = time.GetTimestamp();
        asking.TryAdd(lease, 0);
        try
        {
            if (!await IsTakenNow(lease) || (isKnown ? known.Limit : await ReadLimit(lease.Task)) is not { } limit)
                return null;
            if (open.Count >= MostRemembered)
                open.Clear();
            // Not cached if the attempt has ended since the store was asked.
            if (asking.TryRemove(lease, out _))
                open[lease] = (limit, asked);
            return limit;
        }
        finally
        {
            asking.TryRemove(lease, out _);
        }
    }

    /// <summary>Forgets an attempt that has ended. Returns whether its output was being accepted.</summary>
    internal bool Close(LeaseRef lease)
    {
        asking.TryRemove(lease, out _);
        return open.TryRemove(lease, out _);
    }

    /// <summary>Returns whether output of an attempt is accepted now, according to the store.</summary>
    internal async Task<bool> IsTakenNow(LeaseRef lease)
    {
        if (await tasks.FindOutput(lease.Task, lease.Attempt) is not { Dropped: false, Output: null } found || found.Token != lease.Token)
            return false;
        if (!found.Ended)
            return true;
        var attempts = await tasks.Attempts(lease.Task) ?? [];
        return attempts.Any(attempt => attempt.Attempt == lease.Attempt && attempt.Reason == EndReason.NodeLost);
    }

    private async Task<long?> ReadLimit(TaskId task) => await tasks.ReadSpecs([task]) is [var spec] ? LimitOf(spec) : null;

    private static long LimitOf(StoredSpec stored)
    {
        try
        {
            return TaskSpecReader.ReadStored(stored.Spec.Span, default).MaxOutputBytes;
        }
        catch (FormatException)
        {
            // A later version of the program accepted the task, or its row is damaged.
            return TaskSpec.DefaultMaxOutputBytes;
        }
    }
}
