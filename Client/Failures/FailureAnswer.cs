using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Failures;

/// <summary>A group of failures, as the HTTP contract shows it.</summary>
[Schema("FailureGroup", List = "FailureList"), Description("Failed tasks of one cause.")]
internal sealed class FailureAnswer
{
    private readonly FailureGroup group;

    private FailureAnswer(FailureGroup group) => this.group = group;

    [Description("A value that tasks with equal failures share."), RegularExpression("^[0-9a-f]{16}$")]
    public string Fingerprint => Fingerprints.Format(group.Fingerprint);

    [Description("The number of tasks."), Range(1, double.PositiveInfinity)]
    public long Count => group.Count;

    [RefersTo("Reason")]
    public string? Reason => group.Reason.Name();

    [Description("The exit code that the tasks share.")]
    public int? ExitCode => group.ExitCode;

    [Description("The signal that ended the tasks.")]
    public string? Signal => group.Signal;

    [Description("The output that the group shares, without numbers, ids and times.")]
    public string Sample => group.Sample;

    [Description("When the first of the tasks failed.")]
    public Timestamp FirstAt => group.FirstAt;

    [Description("When the last of the tasks failed.")]
    public Timestamp LastAt => group.LastAt;

    [Description("The queues of the tasks."), MaxLength(FailureGroup.MostQueues)]
    public ImmutableArray<string> Queues => group.Queues;

    [RefersTo("Id", IsOfItems = true), Description("The newest tasks of the group."), MaxLength(FailureGroup.MostTasks)]
    public IEnumerable<string> Tasks => group.Tasks.Select(static task => task.ToString());

    /// <summary>The example of the contract.</summary>
    public static FailureAnswer Example => Of(new FailureGroup(
        unchecked((long)0x9c1e04d27a6b35f8), 214, EndReason.Exit, 1, null, "rsync: write failed: Disk quota exceeded (#)", Examples.Time,
        Examples.Time + 720_000, ["etl"], [Examples.Id]));

    /// <summary>Returns the answer of a group.</summary>
    public static FailureAnswer Of(FailureGroup group) => new(group);
}
