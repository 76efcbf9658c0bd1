using System.Diagnostics.Metrics;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>What dispatchers measure; the meter is <c>OrleansTasks.Grains</c>.</summary>
public sealed class DispatchInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Grains";

    // By the state's number: TaskStates.All has the states in the order of the enum.
    private static readonly KeyValuePair<string, object?>[] StateTags =
        [.. TaskStates.All.Select(static state => new KeyValuePair<string, object?>("state", state.Name()))];

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> transitions;
    private readonly Counter<long> commits;
    private readonly Counter<long> rows;
    private readonly Counter<long> hintsLost;
    private readonly Histogram<double> duration;

    /// <summary>Makes the instruments.</summary>
    public DispatchInstruments()
    {
        transitions = meter.CreateCounter<long>("orleanstasks.task.transitions", "{transition}", "Tasks that entered a state.");
        commits = meter.CreateCounter<long>("orleanstasks.commits", "{commit}", "Commits by outcome.");
        rows = meter.CreateCounter<long>("orleanstasks.commit.rows", "{row}", "Tasks written by commits.");
        hintsLost = meter.CreateCounter<long>("orleanstasks.hints.lost", "{hint}", "Commands or wishes that were not delivered.");
        duration = meter.CreateHistogram<double>("orleanstasks.commit.duration", "s", "Time from commit to disk.");
    }

    /// <summary>Counts a commit, with any outcome.</summary>
    /// <param name="outcome">What the store answered.</param>
    /// <param name="writes">How many tasks and chunks it was to write.</param>
    /// <param name="took">How long the store took.</param>
    public void Committed(CommitOutcome outcome, int writes, TimeSpan took)
    {
        commits.Add(1, new KeyValuePair<string, object?>("outcome", OutcomeName(outcome)));
        rows.Add(writes);
        duration.Record(took.TotalSeconds);
    }

    /// <summary>Counts a task's entry into a state. Called after the commit; not for jobs and chunks.</summary>
    public void Moved(TaskState state) => transitions.Add(1, StateTags[(int)state]);

    /// <summary>Counts a hint (<see cref="Outbox"/>) whose call failed.</summary>
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
