namespace OrleansTasks.Tasks;

/// <summary>The lines in which operations wait for the commit loop. Each has a share of every round.</summary>
internal enum Lane
{
    /// <summary>What nodes report: half of a round.</summary>
    Results,

    /// <summary>What operators, jobs' grains and the fleet say: a tenth.</summary>
    Control,

    /// <summary>New tasks: the rest.</summary>
    Submissions,
}
