namespace OrleansTasks.Webhooks;

/// <summary>The three sequences of stored events. The numbers index arrays and choose letters in message ids.</summary>
internal enum EventSource
{
    /// <summary>Transitions of tasks and jobs.</summary>
    Log,

    Nodes,

    /// <summary>Events of resources, such as queues.</summary>
    Resources,
}
