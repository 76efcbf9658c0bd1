using OrleansTasks.Dispatch;

namespace OrleansTasks.Simulation.Faults;

/// <summary>What an operator may set, drawn within what the validator of <see cref="DispatchOptions"/> allows.</summary>
/// <param name="Lease">How long a worker may be out of touch.</param>
/// <param name="Heartbeat">How often a worker reports.</param>
/// <param name="RecoveryPage">How many waiting tasks a new owner reads at a time.</param>
/// <param name="CommitTasks">How many tasks one round of the commit loop takes, assigns and moves by time.</param>
/// <param name="InboxTasks">How many tasks may wait for a commit.</param>
/// <param name="InboxBytes">How many bytes of specs may wait for a commit.</param>
internal sealed record Knobs(TimeSpan Lease, TimeSpan Heartbeat, int RecoveryPage, int CommitTasks, int InboxTasks, long InboxBytes)
{
    /// <summary>The product's own values, with small pages.</summary>
    public static Knobs Usual { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 20, 4096, 65_536, 64L << 20);

    /// <summary>Draws them.</summary>
    /// <param name="chance">Chance of their own.</param>
    /// <param name="killMargin">How long before the end of a lease a worker kills.</param>
    public static Knobs Of(SimRandom chance, TimeSpan killMargin)
    {
        var heartbeat = TimeSpan.FromMilliseconds(OneOf(chance, 500, 1_000, 2_000, 2_000, 3_000));
        // From the shortest lease that is allowed to three times the usual one.
        var lease = (3 * heartbeat) + killMargin + TimeSpan.FromMilliseconds(OneOf(chance, 0, 500, 2_000, 5_000, 20_000));
        return new Knobs(
            lease,
            heartbeat,
            OneOf(chance, 1, 3, 20, 500),
            OneOf(chance, 1, 7, 64, 4096),
            OneOf(chance, 40, 200, 65_536),
            OneOf(chance, 16 << 10, 64 << 20));
    }

    /// <summary>As a silo's options.</summary>
    /// <param name="killMargin">How long before the end of a lease a worker kills.</param>
    /// <exception cref="InvalidOperationException">The validator refuses them.</exception>
    public DispatchOptions ToOptions(TimeSpan killMargin)
    {
        var whole = new RoundBounds();
        var options = new DispatchOptions
        {
            Lease = Lease,
            Heartbeat = Heartbeat,
            KillMargin = killMargin,
            RecoveryPage = RecoveryPage,
            Round = new RoundBounds
            {
                Operations = CommitTasks,
                DueTasks = Math.Min(CommitTasks, whole.DueTasks),
                Releases = Math.Min(CommitTasks, whole.Releases),
                Items = Math.Min(CommitTasks, whole.Items),
                Lapses = Math.Min(CommitTasks, whole.Lapses),
                Assignments = Math.Min(CommitTasks, whole.Assignments),
            },
            InboxTasks = InboxTasks,
            InboxBytes = InboxBytes,
        };
        return options.Validate() is { } wrong ? throw new InvalidOperationException(wrong) : options;
    }

    private static int OneOf(SimRandom chance, params ReadOnlySpan<int> values) => values[chance.Next(values.Length)];
}
