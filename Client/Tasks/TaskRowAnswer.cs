using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>A task in a list with <c>view=row</c>: without what only its spec and its output tell.</summary>
[Schema("TaskRow"), Description("A task in a list with view=row.")]
internal sealed class TaskRowAnswer : TaskMembers
{
    private TaskRowAnswer(TaskRecord row)
        : base(row)
    {
    }

    [Description("The output of the latest attempt."), JsonPropertyOrder(1)]
    public RowOutputAnswer Output => new(Stored.StdoutBytes, Stored.StderrBytes, Stored.Truncated);

    [Description("The task's labels."), JsonPropertyOrder(1)]
    public LabelMap Labels => Stored.Labels;

    [Description("The first 200 characters of cmd, or of argv joined with spaces."), MaxLength(200), JsonPropertyOrder(1)]
    public string Command => Stored.Command ?? "";

    [Description("retry.maxAttempts of the spec."), JsonPropertyOrder(1)]
    public long MaxAttempts => Stored.MaxAttempts;

    [Description("The maximum memory that the latest attempt used."), JsonPropertyOrder(1)]
    public long? MaxRssBytes => Stored.MaxRssBytes == 0 ? null : Stored.MaxRssBytes;

    [Description("The batch that the task was submitted with."), JsonPropertyOrder(1)]
    public TaskId? Batch => Stored.Batch;

    /// <summary>The example of the contract.</summary>
    public static TaskRowAnswer Example => new(TaskAnswer.ExampleRecord with { Command = "touch /tmp/hello", MaxAttempts = 1 });

    /// <summary>Returns the row of a task (<see cref="TaskRecord.AsRow"/>).</summary>
    public static TaskRowAnswer Of(TaskRecord row) => new(row);
}

/// <summary>The sizes of an attempt's output.</summary>
internal sealed record RowOutputAnswer(
    [property: Description("The bytes of standard output that are kept.")]
    long StdoutBytes,
    [property: Description("The bytes of standard error that are kept.")]
    long StderrBytes,
    [property: Description("Whether the command wrote more than was kept.")]
    bool Truncated);
