namespace OrleansTasks.Storage.Maintenance;

/// <summary>What a store is and has.</summary>
/// <param name="Place">Which kind of store, and where; for people.</param>
/// <param name="Schema">The version of its tables.</param>
/// <param name="ProgramSchema">The version that this program makes.</param>
/// <param name="Queues">How many queues it has.</param>
/// <param name="Tasks">How many tasks it has, ended ones included.</param>
/// <param name="Bytes">Its size, without files of output.</param>
public sealed record StoreStatus(string Place, int Schema, int ProgramSchema, long Queues, long Tasks, long Bytes);
