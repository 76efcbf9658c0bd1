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

    /// <summary>The inquiries under way, one for each attempt that has not ended since its first caller asked.</summary>
    private readonly Dictionary<LeaseRef, Inquiry> asking = [];
    private readonly Lock gate = new();

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
        var inquiry = Enter(lease);
        try
        {
            if (!await IsTakenNow(lease) || (isKnown ? known.Limit : await ReadLimit(lease.Task)) is not { } limit)
                return null;
            Remember(lease, inquiry, (limit, asked));
            return limit;
        }
        finally
        {
            Leave(lease, inquiry);
        }
    }

    /// <summary>
    /// Forgets an attempt that has ended. Returns whether accepted output of it is remembered; false is no proof that
    /// there is none.
    /// </summary>
    internal bool Close(LeaseRef lease)
    {
        lock (gate)
        {
            if (asking.Remove(lease, out var inquiry)) inquiry.AttemptEnded = true;
            return open.TryRemove(lease, out _);
        }
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

    private Inquiry Enter(LeaseRef lease)
    {
        lock (gate)
        {
            if (!asking.TryGetValue(lease, out var inquiry)) asking[lease] = inquiry = new();
            inquiry.Callers++;
            return inquiry;
        }
    }

    private void Leave(LeaseRef lease, Inquiry inquiry)
    {
        lock (gate)
        {
            if (--inquiry.Callers == 0 && !inquiry.AttemptEnded) asking.Remove(lease);
        }
    }

    private void Remember(LeaseRef lease, Inquiry inquiry, (long Limit, long At) answer)
    {
        lock (gate)
        {
            if (inquiry.AttemptEnded) return;
            if (open.Count >= MostRemembered) open.Clear();
            open[lease] = answer;
        }
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

    /// <summary>Callers that ask the store about one attempt. Callers that come after the attempt's end share another inquiry.</summary>
    private sealed class Inquiry
    {
        internal int Callers { get; set; }

        internal bool AttemptEnded { get; set; }
    }
}
