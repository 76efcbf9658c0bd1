using System.ComponentModel;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Schedules;

/// <summary>The slots that schedules will need, as the HTTP contract shows them.</summary>
[Schema("ScheduleLoad"), Description("The slots that the schedules of the next hours need, in steps from now on.")]
internal sealed record LoadAnswer(
    [property: Description("The start of the first step: now.")]
    Timestamp From,
    [property: Description("The length of a step.")]
    string Step,
    [property: Description("The slots that each step needs on average. The estimate is the median of the schedule's latest five runs for a task, and "
        + "the latest run for a workflow. It ignores jitter.")]
    IEnumerable<double> SlotsNeeded,
    [property: Description("The slots of all nodes that currently accept work.")]
    long Slots,
    [property: Description("The number of schedules that the estimate does not include: those of jobs, those of workflows with more than 20,000 "
        + "tasks, and those without an ended run.")]
    int Unknown,
    [property: Description("False if there are too many schedules or times to examine.")]
    bool Complete)
{
    /// <summary>The example of the contract.</summary>
    public static LoadAnswer Example => new(Examples.Time, "15m", [0.4, 0, 2.25], 8, 1, Complete: true);
}
