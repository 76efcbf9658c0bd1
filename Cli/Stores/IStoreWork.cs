using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Stores;

/// <summary>
/// What commands do in the service's store, without a gateway. The program otask-store implements it; otask, which knows no store,
/// starts that program instead (<see cref="StoreProgram"/>). Every method throws <see cref="StoreFailedException"/> if the store cannot do
/// it, and <see cref="UsageException"/> for values that it does not take.
/// </summary>
internal interface IStoreWork
{
    /// <summary>Creates the store if it does not exist, and returns the version of its schema.</summary>
    Task<int> Init(StorePlace place, CancellationToken cancellation);

    /// <summary>Returns the store's place, version and size, as lines for the user.</summary>
    Task<string> Status(StorePlace place, CancellationToken cancellation);

    /// <summary>Backs up the store to a new folder.</summary>
    Task Backup(StorePlace place, string folder, CancellationToken cancellation);

    /// <summary>Restores a backup into an empty store, with everything paused if asked.</summary>
    Task Restore(StorePlace place, string folder, bool isPaused, CancellationToken cancellation);

    /// <summary>Creates a key and returns its text.</summary>
    Task<string> CreateKey(StorePlace place, string name, string scopes, string? expiresAt, string? definitions);

    /// <summary>Returns the keys that are not revoked, one per line.</summary>
    Task<IReadOnlyList<string>> ListKeys(StorePlace place);

    /// <summary>Revokes a key, even the last one. Returns false if no key has that id.</summary>
    Task<bool> RevokeKey(StorePlace place, string id);

    /// <summary>Creates a join token. Returns what the gateway answers for one.</summary>
    Task<JsonNode> CreateToken(StorePlace place, JsonObject? terms);

    /// <summary>Writes the certificate of a gateway, and returns when it ends.</summary>
    Task<DateTimeOffset> WriteCertificate(StorePlace place, string path, TimeSpan life);
}
