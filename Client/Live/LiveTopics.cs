namespace OrleansTasks.Client.Live;

/// <summary>What a live stream tells of.</summary>
[Flags]
internal enum LiveTopics
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Changes of tasks, and how many there are by state.</summary>
    Tasks = 1,

    /// <summary>Queues whose settings or counts have changed.</summary>
    Queues = 2,

    /// <summary>Nodes whose state, slots or running tasks have changed.</summary>
    Nodes = 4,

    /// <summary>Jobs that have changed or moved on.</summary>
    Jobs = 8,

    /// <summary>Schedules that have changed or started something.</summary>
    Schedules = 16,

    /// <summary>What needs attention.</summary>
    Attention = 32,
}
