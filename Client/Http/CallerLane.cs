using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Lets requests take turns (<see cref="CallerTurns"/>), and refuses those that would wait too long. A caller is a key
/// or, without keys, an IP address.
/// </summary>
/// <param name="turns">The turns.</param>
/// <param name="longestWait">How long a request waits for its turn.</param>
/// <param name="time">The clock.</param>
internal sealed class CallerLane(CallerTurns turns, TimeSpan longestWait, TimeProvider time)
{
    /// <summary>The refusal of a caller that has too many waiting requests, or more than its share.</summary>
    public required Func<Problem> CallerIsFull { get; init; }

    /// <summary>The refusal if too many requests of all callers wait, or one has waited too long.</summary>
    public required Func<Problem> IsFull { get; init; }

    /// <summary>Counts refusals by reason: caller, line, wait.</summary>
    public required Action<string> Count { get; init; }

    /// <summary>Whether requests are waiting.</summary>
    public bool IsBusy => turns.Waiting > 0;

    /// <summary>Waits for a turn. The turn lasts until the result is disposed.</summary>
    /// <param name="context">The request; if it ends, the wait ends.</param>
    /// <param name="isAdmitted">Whether the request has had a turn before and must not be refused.</param>
    /// <param name="weight">What the request takes; more than a caller's share counts as the share.</param>
    /// <exception cref="ProblemException">The request is refused.</exception>
    public async Task<Place> Enter(HttpContext context, bool isAdmitted = false, long weight = 1)
    {
        var caller = (context.Features.Get<ICallerFeature>() as Caller)?.KeyId ?? context.CallerAddress() ?? "";
        weight = Math.Min(weight, turns.Heaviest);
        if (turns.TryEnter(caller, weight))
            return new Place(turns, caller, weight);
        var aborted = context.RequestAborted;
        using var limit = new CancellationTokenSource(isAdmitted ? Timeout.InfiniteTimeSpan : longestWait, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            switch (await turns.Enter(caller, isAdmitted, both.Token, weight))
            {
                case CallerTurns.Entry.CallerIsFull:
                    throw Refuse("caller", CallerIsFull());
                case CallerTurns.Entry.Full:
                    throw Refuse("line", IsFull());
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw Refuse("wait", IsFull());
        }

        return new Place(turns, caller, weight);
    }

    private ProblemException Refuse(string reason, Problem problem)
    {
        Count(reason);
        return new ProblemException(problem);
    }

    /// <summary>A request's turn.</summary>
    internal sealed class Place(CallerTurns turns, string caller, long weight) : IDisposable
    {
        private int isLeft;

        /// <summary>Whether the turn has ended.</summary>
        public bool IsLeft => Volatile.Read(ref isLeft) != 0;

        /// <summary>Ends the turn.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref isLeft, 1) == 0)
                turns.Leave(caller, weight);
        }
    }
}
