using OrleansTasks.Resources;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>A task as the checks know it from the commits.</summary>
internal sealed class KnownTask(TaskSubmission submission, int queueNo)
{
    public TaskSubmission Submission => submission;

    public int QueueNo => queueNo;

    public TaskRow Row { get; set; }

    public bool IsFinal => Row.State.IsFinal();

    /// <summary>The largest attempt that has started.</summary>
    public int Started { get; set; }

    /// <summary>Whether its last attempt ended by a result; one that was lost with its node has none.</summary>
    public bool HasResult { get; set; }

    /// <summary>Whether its output was dropped to keep the quota.</summary>
    public bool IsOutputDropped { get; set; }

    /// <summary>Whether retention has removed it.</summary>
    public bool IsPruned { get; set; }

    public bool SecretsDropped { get; set; }

    /// <summary>How often somebody asked for a retry, and how often one was made.</summary>
    public int RetriesAsked { get; set; }

    public int RetriesMade { get; set; }

    /// <summary>Whether somebody asked for a cancel.</summary>
    public bool CancelAsked { get; set; }

    /// <summary>What its failed attempts have used up.</summary>
    public BudgetWatch Budgets { get; } = new(submission.Id, submission.Retry);

    public HashSet<int> Described { get; } = [];

    public List<TaskState> History { get; } = [];

    public (int LowPriority, long Order) Place => (9 - submission.Priority, Row.Order);

    /// <summary>What it requires: the label's value, empty for nothing.</summary>
    public string Requires { get; } = submission.Requires.IsEmpty ? "" : submission.Requires[0].Value;

    /// <summary>Whether it is of a rollout, which may cancel it.</summary>
    public bool IsOfRollout { get; } = submission.Labels.Any(static label => label.Key == RolloutSpec.Label);

    /// <summary>Its concurrency key; null without one.</summary>
    public string? Key => submission.Concurrency?.Key;

    /// <summary>
    /// The line in which it waits: tasks that require the same stand in one, those with a concurrency key in one of
    /// their own, since others pass them.
    /// </summary>
    public string Line => (Key, Resources.IsEmpty) switch
    {
        (null, true) => Requires,
        (_, true) => $"{Requires} {Key}",
        _ => $"{Requires} {Key} needs {Resources}",
    };

    /// <summary>What it needs of its node besides a slot. Such tasks wait in lines of their own as well.</summary>
    public ResourceVector Resources { get; } = submission.Resources ?? ResourceVector.None;
}
