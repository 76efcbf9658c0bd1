namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Which index a query over tasks walks.</summary>
internal enum TaskSourceKind
{
    /// <summary>The table, in the order of its keys.</summary>
    Table,

    /// <summary>All ids.</summary>
    Ids,

    /// <summary>The tasks that carry a label, by id.</summary>
    Label,

    /// <summary>The tasks of a batch.</summary>
    Batch,

    /// <summary>Assigned and running tasks.</summary>
    Leased,

    /// <summary>Scheduled and queued tasks.</summary>
    Waiting,

    /// <summary>Failed and cancelled tasks, by state and id.</summary>
    Unlucky,

    /// <summary>The failed tasks of one fingerprint, by id.</summary>
    Failures,
}
