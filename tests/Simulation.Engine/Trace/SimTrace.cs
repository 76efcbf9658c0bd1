namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// What a run did, as one number: a rolling hash of each step's virtual time, turn queue, method, arguments and draws of chance. Equal
/// runs have equal hashes at every step.
/// </summary>
internal sealed class SimTrace
{
    /// <summary>The hash of all steps so far.</summary>
    public ulong Hash { get; private set; } = 1;

    /// <summary>How many turns have run.</summary>
    public long Steps { get; private set; }

    /// <summary>
    /// Whether arguments are hashed too. It costs about as much as the run itself, so long campaigns go without.
    /// </summary>
    public bool HashesArguments { get; set; }

    /// <summary>Gets a line for every step, to find the first difference of two runs.</summary>
    public Action<string>? Listener { get; set; }

    /// <summary>Gets every step: its number, its time in ticks, whose turn it is and what the turn does.</summary>
    internal Action<long, long, object, object?>? Watcher { get; set; }

    /// <summary>Takes a fact that is no step into the hash.</summary>
    /// <param name="value">The fact.</param>
    public void Add(ulong value) => Hash = StableHash.Mix(Hash, value);

    internal void Step(long time, TurnQueue queue, object? item, long draws)
    {
        Steps++;
        var hash = StableHash.Mix(Hash, (ulong)time);
        hash = StableHash.Mix(hash, queue.Identity);
        hash = StableHash.Mix(hash, StepText.HashOf(item));
        if (HashesArguments && item is Call call) hash = StableHash.Mix(hash, MessageHash.Of(call.Body));
        Hash = StableHash.Mix(hash, (ulong)draws);
        Watcher?.Invoke(Steps, time, queue.Owner, item);
        Listener?.Invoke(
            $"{Steps} {time} {StepText.NameOf(queue.Owner)} {StepText.Of(item)} draws={draws} hash={Hash:x16}");
    }
}
