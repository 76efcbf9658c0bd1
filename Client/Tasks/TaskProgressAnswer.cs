using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>How far an attempt has come.</summary>
/// <param name="progress">What it reported last.</param>
/// <param name="startedAt">When it started; null if it has ended.</param>
[Schema("Progress"), Description("How far an attempt has come, as its command or handler reported it last.")]
internal class TaskProgressAnswer(TaskProgress progress, long? startedAt)
{
    [Description("With at most two decimals."), Range(0, 100)]
    public decimal Percent => progress.Hundredths / 100m;

    [Description("What the command is doing; empty if it does not say."), MaxLength(200)]
    public string Message => progress.Message;

    [Description("When the report arrived.")]
    public Timestamp At => progress.At;

    [Description("When the attempt ends if it continues at its pace; null without a pace, and when the task has ended.")]
    public Timestamp? EndsAt => progress.EndsAt(startedAt);

    /// <summary>The example of the contract.</summary>
    public static TaskProgressAnswer Example => new(new TaskProgress(4_250, "reading users", Examples.Time + 60_000), Examples.Time);
}
