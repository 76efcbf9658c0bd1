namespace OrleansTasks.Queues;

/// <summary>Outcome of deleting a queue.</summary>
public enum QueueDeletion : byte
{
    /// <summary>The queue is deleted; a later task creates it again with default settings.</summary>
    Deleted,

    /// <summary>The queue does not exist.</summary>
    NotFound,

    /// <summary>Nothing changed: the queue has open tasks or jobs, or is still loading after a restart.</summary>
    NotEmpty,

    /// <summary>Nothing changed: the settings have another version.</summary>
    Conflict,
}
