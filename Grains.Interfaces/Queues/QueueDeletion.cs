namespace OrleansTasks.Queues;

/// <summary>The outcome of deleting a queue.</summary>
public enum QueueDeletion : byte
{
    /// <summary>The queue was deleted. A task submitted to it later creates it again with default settings.</summary>
    Deleted,

    /// <summary>The queue does not exist.</summary>
    NotFound,

    /// <summary>Nothing changed: the queue has open tasks or jobs, or is still loading after a restart.</summary>
    NotEmpty,

    /// <summary>Nothing changed: the settings have another version.</summary>
    Conflict,
}
