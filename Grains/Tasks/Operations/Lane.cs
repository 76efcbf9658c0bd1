namespace OrleansTasks.Tasks;

/// <summary>The lanes in which operations wait for the commit loop. Each has a share of every round (<see cref="Inbox"/>).</summary>
internal enum Lane
{
    /// <summary>What nodes report, and renewals: half of a round.</summary>
    Results,

    /// <summary>What users ask of tasks, and what jobs' grains, nodes' grains and the fleet send: a tenth.</summary>
    Control,

    /// <summary>New tasks: the rest.</summary>
    Submissions,
}
