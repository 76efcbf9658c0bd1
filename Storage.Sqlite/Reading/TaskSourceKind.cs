namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>The index that a query over tasks walks.</summary>
internal enum TaskSourceKind
{
    /// <summary>The table, in the order of its keys.</summary>
    Table,

    /// <summary>All ids.</summary>
    Ids,

    /// <summary>Tasks with a certain label, by id.</summary>
    Label,

    /// <summary>Tasks of a batch.</summary>
    Batch,

    /// <summary>Assigned and running tasks.</summary>
    Leased,

    /// <summary>Scheduled and queued tasks.</summary>
    Waiting,

    /// <summary>Failed and cancelled tasks, by state and id.</summary>
    Unlucky,

    /// <summary>Failed tasks with a certain fingerprint, by id.</summary>
    Failures,
}
