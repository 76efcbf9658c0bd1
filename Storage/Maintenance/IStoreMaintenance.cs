namespace OrleansTasks.Storage.Maintenance;

/// <summary>
/// What people do with a whole store: make it, look at it, and keep and bring back copies of it. All methods throw
/// <see cref="UnusableDatabaseException"/> when the store or the backup cannot be used as it is; its message says what to do.
/// </summary>
public interface IStoreMaintenance
{
    /// <summary>Makes the store if there is none, and checks the one that is there. Repeating it is harmless.</summary>
    Task Init(CancellationToken cancellation);

    /// <summary>Looks at the store and changes nothing.</summary>
    Task<StoreStatus> Status(CancellationToken cancellation);

    /// <summary>
    /// Copies the store of one moment into a new folder, beside a running service. The folder appears when the copy is complete and on
    /// the disk; an interrupted copy leaves a folder whose name ends with <c>.partial</c>, which the next one removes.
    /// </summary>
    Task Backup(string folder, CancellationToken cancellation);

    /// <summary>
    /// Fills an empty store from a backup of the same kind, all or nothing. No silo that used the store of the backup can write to
    /// the new one: every ownership number is raised beyond any that it may have.
    /// </summary>
    Task Restore(string folder, CancellationToken cancellation);
}
