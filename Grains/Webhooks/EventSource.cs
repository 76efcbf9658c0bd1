namespace OrleansTasks.Webhooks;

/// <summary>Which of the three sequences of stored events an event is from.</summary>
internal enum EventSource
{
    /// <summary>The log of tasks and jobs.</summary>
    Log,

    /// <summary>The events of nodes.</summary>
    Nodes,

    /// <summary>The events of resources, such as queues.</summary>
    Resources,
}
