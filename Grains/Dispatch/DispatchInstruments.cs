using System.Diagnostics.Metrics;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The metrics of dispatchers: commits, transitions of tasks between states, and lost hints (failed calls that nothing
/// depends on). One instance serves all queues of a silo, so the figures are sums over them.
/// <see cref="QueueWriter"/> and <see cref="Outbox"/> count here. Thread-safe.
/// </summary>
public sealed class DispatchInstruments : IDisposable
{
    /// <summary>The meter's name, by which a metrics listener finds the instruments.</summary>
    public const string MeterName = "OrleansTasks.Grains";

    // Indexed by the number of the state: TaskStates.All has the states in the order of the enum.
    private static readonly KeyValuePair<string, object?>[] StateTags =
        [.. TaskStates.All.Select(static state => new KeyValuePair<string, object?>("state", state.Name()))];

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> transitions;
    private readonly Counter<long> commits;
    private readonly Counter<long> rows;
    private readonly Counter<long> hintsLost;
    private readonly Histogram<double> duration;

    /// <summary>Creates the meter and its instruments.</summary>
    public DispatchInstruments()
    {
        transitions = meter.CreateCounter<long>("orleanstasks.task.transitions", "{transition}", "Tasks that entered a state.");
        commits = meter.CreateCounter<long>("orleanstasks.commits", "{commit}", "Commits by outcome.");
        rows = meter.CreateCounter<long>("orleanstasks.commit.rows", "{row}", "Tasks written by commits.");
        hintsLost = meter.CreateCounter<long>("orleanstasks.hints.lost", "{hint}", "Commands or wishes that were not delivered.");
        duration = meter.CreateHistogram<double>("orleanstasks.commit.duration", "s", "Time from commit to disk.");
    }

    /// <summary>The same by queue, for the gateways.</summary>
    public DispatchFigures Figures { get; } = new();

    /// <summary>
    /// Counts a commit, its rows and its duration, whatever the outcome: also a commit that wrote nothing.
    /// </summary>
    /// <param name="outcome">
    /// The store's first answer. A commit with an unknown outcome is not counted again when the outcome is found out.
    /// </param>
    /// <param name="writes">How many tasks and chunks the commit was to write. Jobs are not counted.</param>
    /// <param name="took">The time from the call of the store to its answer.</param>
    public void Committed(CommitOutcome outcome, int writes, TimeSpan took)
    {
        commits.Add(1, new KeyValuePair<string, object?>("outcome", OutcomeName(outcome)));
        rows.Add(writes);
        duration.Record(took.TotalSeconds);
        Figures.Committed(took);
    }

    /// <summary>
    /// Counts tasks' entries into a state, after the commit; not called for jobs and chunks, nor after a commit whose
    /// outcome was unknown at first, even if the commit proves to be on disk.
    /// </summary>
    public void Moved(TaskState state, int count) => transitions.Add(count, StateTags[(int)state]);

    /// <summary>Counts a failed hint, a call that <see cref="Outbox"/> makes and does not wait for.</summary>
    public void HintLost() => hintsLost.Add(1);

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static string OutcomeName(CommitOutcome outcome) => outcome switch
    {
        CommitOutcome.Committed => "committed",
        CommitOutcome.Fenced => "fenced",
        CommitOutcome.Failed => "failed",
        CommitOutcome.Refused => "refused",
        _ => "unknown",
    };
}
