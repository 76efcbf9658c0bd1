using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>A task in the <see cref="ModelStore"/>.</summary>
internal sealed class StoredTask(TaskSubmission submission)
{
    public TaskSubmission Submission { get; } = submission;

    public TaskRow Row { get; set; }

    /// <summary>What its next attempt reserves after one ran out of memory; 0 for none.</summary>
    public long ReservedMemory { get; set; }

    public List<TaskState> History { get; } = [];

    public SortedDictionary<int, EndedAttempt> Attempts { get; } = [];

    public bool SecretsDropped { get; set; }

    /// <summary>The largest attempt that a node said it had started.</summary>
    public int Started { get; set; }

    public OpenTask Open => new(
        Row, Submission.Priority, Submission.ExpiresAt, Submission.Retry, Submission.Requires, Submission.Limits,
        !Submission.SecretEnv.IsEmpty, Submission.Concurrency,
        Submission.After ?? [], Submission.WorkflowNode, Submission.IsForEach,
        Submission.IsJob, Submission.Resources, Submission.Unique, Submission.Lasts, ReservedMemory);
}
