namespace OrleansTasks.Queues;

/// <summary>What became of the deletion of a queue.</summary>
public enum QueueDeletion : byte
{
    /// <summary>The queue is gone; a later task makes it anew, with default settings.</summary>
    Deleted,

    /// <summary>There is no such queue.</summary>
    NotFound,

    /// <summary>It has open tasks or jobs, or is being read after a restart. Nothing was changed.</summary>
    NotEmpty,

    /// <summary>The settings have another version. Nothing was changed.</summary>
    Conflict,
}
