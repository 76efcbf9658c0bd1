using System.Diagnostics.Metrics;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>The metrics of a silo's dispatchers, summed over their queues. Thread-safe.</summary>
public sealed class DispatchInstruments : IDisposable
{
    /// <summary>The meter's name, by which a metrics listener finds the instruments.</summary>
    public const string MeterName = "OrleansTasks.Grains";

    // Indexed by the state's numeric value: TaskStates.All lists the states in enum order.
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
        rows = meter.CreateCounter<long>("orleanstasks.commit.rows", "{row}", "Tasks and chunks written by commits.");
        hintsLost = meter.CreateCounter<long>(
            "orleanstasks.hints.lost", "{hint}", "Failed calls to nodes and jobs, which later calls make up for.");
        duration = meter.CreateHistogram<double>("orleanstasks.commit.duration", "s", "Time until a commit is on disk.");
    }

    /// <summary>The same measurements by queue, for the gateways.</summary>
    public DispatchFigures Figures { get; } = new();

    /// <summary>
    /// Records a commit with any outcome: the number of tasks and chunks in it, and the time until the store's first
    /// answer. A commit with an unknown outcome is not recorded again once its outcome is known.
    /// </summary>
    public void Committed(CommitOutcome outcome, int writes, TimeSpan took)
    {
        commits.Add(1, new KeyValuePair<string, object?>("outcome", OutcomeName(outcome)));
        rows.Add(writes);
        duration.Record(took.TotalSeconds);
        Figures.Committed(took);
    }

    /// <summary>Counts tasks (not jobs or chunks) that entered a state in a commit with a known outcome.</summary>
    public void Moved(TaskState state, int count) => transitions.Add(count, StateTags[(int)state]);

    /// <summary>Counts a failed hint: a call that <see cref="Outbox"/> makes without waiting for the result.</summary>
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
