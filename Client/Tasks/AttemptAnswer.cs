using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Processing.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>An attempt at a task, as the HTTP contract shows it.</summary>
[Schema("Attempt"), Description("One try at running a task.")]
internal sealed class AttemptAnswer
{
    private readonly AttemptRecord attempt;

    private AttemptAnswer(AttemptRecord attempt) => this.attempt = attempt;

    [Description("The attempt's number."), Range(1, double.PositiveInfinity)]
    public long Attempt => attempt.Attempt;

    [Description("The node.")]
    public string? Node => attempt.Node;

    [RefersTo("State")]
    public string State => attempt.State.Name();

    [RefersTo("Reason")]
    public string? Reason => attempt.Reason.Name();

    [Description("The exit code; null if it had none.")]
    public long? ExitCode => attempt.ExitCode;

    [Description("The signal that ended it; null if none did.")]
    public string? Signal => attempt.Signal;

    [Description("When it started.")]
    public Timestamp? StartedAt => attempt.StartedAt;

    [Description("When it ended.")]
    public Timestamp? EndedAt => attempt.EndedAt;

    [Description("The maximum memory that it used; null if unknown.")]
    public long? MaxRssBytes => attempt.MaxRssBytes;

    [Description("The processor time that it used; null if unknown.")]
    public string? CpuTime => attempt.CpuTime is { } cpu ? Durations.Format(TimeSpan.FromMicroseconds(cpu)) : null;

    /// <summary>The example of the contract.</summary>
    public static AttemptAnswer Example => new(new AttemptRecord(
        1, "w1", TaskState.Succeeded, EndReason.Exit, 0, null, Examples.Time + 4, Examples.Time + 9, 1_822_720, 900));

    /// <summary>Returns the answer of an attempt.</summary>
    public static AttemptAnswer Of(AttemptRecord attempt) => new(attempt);
}
