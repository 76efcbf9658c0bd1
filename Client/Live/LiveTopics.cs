namespace OrleansTasks.Client.Live;

/// <summary>The topics of a live stream.</summary>
[Flags]
internal enum LiveTopics
{
    /// <summary>No topic.</summary>
    None = 0,

    /// <summary>Task changes, and the number of tasks by state.</summary>
    Tasks = 1,

    /// <summary>Queues whose settings or counts have changed.</summary>
    Queues = 2,

    /// <summary>Nodes whose state, slots or running tasks have changed.</summary>
    Nodes = 4,

    /// <summary>Jobs that have changed or made progress.</summary>
    Jobs = 8,

    /// <summary>Schedules that have changed or started something.</summary>
    Schedules = 16,

    /// <summary>Problems that need attention.</summary>
    Attention = 32,

    /// <summary>The progress of running tasks that report it.</summary>
    Progress = 64,
}
