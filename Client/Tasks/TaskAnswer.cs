using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>A task, as the HTTP contract shows it. <see cref="AcceptedJson"/> writes the same for a task that was just submitted.</summary>
[Schema("Task"), Description("A task.")]
internal sealed class TaskAnswer : TaskMembers
{
    private TaskAnswer(TaskRecord task)
        : base(task)
    {
    }

    [Description("The output of the latest attempt."), JsonPropertyOrder(1)]
    public TaskOutputAnswer Output => new(Stored.StdoutBytes, Stored.StderrBytes, Stored.Truncated, new OutputText(Stored.Tail));

    [Description("The task's labels."), JsonPropertyOrder(1)]
    public LabelMap Labels => Stored.Labels;

    [RefersTo("TaskSpec"), JsonPropertyOrder(1)]
    public StoredJson Spec => new(Stored.Spec);

    /// <summary>The example of the contract.</summary>
    public static TaskAnswer Example => new(ExampleRecord with { Spec = """{"cmd":"touch /tmp/hello"}"""u8.ToArray() });

    /// <summary>The task of the examples, without its spec.</summary>
    internal static TaskRecord ExampleRecord => new(
        Examples.Id, "touch", "default", 5, TaskState.Succeeded, 1, "w1", Examples.Time, Examples.Time + 4, Examples.Time + 9, 0, null,
        EndReason.Exit, null, 0, 0, false, default, [], default, null)
    {
        Version = 7,
    };

    /// <summary>Returns the answer of a task.</summary>
    public static TaskAnswer Of(TaskRecord task) => new(task);
}

/// <summary>The sizes and the end of an attempt's output.</summary>
internal sealed record TaskOutputAnswer(
    [property: Description("The bytes of standard output that are kept.")]
    long StdoutBytes,
    [property: Description("The bytes of standard error that are kept.")]
    long StderrBytes,
    [property: Description("Whether the command wrote more than was kept.")]
    bool Truncated,
    [property: Description("The end of the output: at most 4 KiB of each stream, stdout first.")]
    OutputText Tail);
