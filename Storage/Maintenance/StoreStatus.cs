namespace OrleansTasks.Storage.Maintenance;

/// <summary>A store's version and sizes.</summary>
/// <param name="Place">The kind of store and its place, human-readable.</param>
/// <param name="Schema">The version of the store's schema.</param>
/// <param name="ProgramSchema">The schema version that this program reads and writes.</param>
/// <param name="Queues">The number of queues.</param>
/// <param name="Tasks">The number of tasks, including ended ones.</param>
/// <param name="Bytes">The size in bytes, without output files.</param>
public sealed record StoreStatus(string Place, int Schema, int ProgramSchema, long Queues, long Tasks, long Bytes);
